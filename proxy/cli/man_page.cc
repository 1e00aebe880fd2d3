#include "cli/man_page.h"

#include "cli/help.h"

namespace postern::cli {
namespace {

// Of the last change to the words below.
constexpr std::string_view kDate = "2026-11-29";

constexpr std::string_view kDescription =
    R"(Postern is a reverse proxy that runs beside programs which use the Sentry web API.
They send plain HTTP without credentials to 127.0.0.1:7979.
Postern adds the token of a grant, waits for Sentry\(aqs rate limits, sends the request on over
verified TLS and streams the answer back.
It keeps the tokens alive, and programs never see one.
.PP
.B postern serve
is the proxy itself.
The other commands prepare it, ask the running one, or look for what is wrong.
)";

constexpr std::string_view kExitStatus = R"(.SH EXIT STATUS
.TP
.B 0
Done.
.TP
.B 1
Failed; the reason is on standard error.
.B status
also says so when a grant needs a person,
.B healthcheck
and
.B wait
when Postern is not ready.
.TP
.B 2
The command line or the configuration is wrong.
.PP
.B run
ends with the exit status of its program.
)";

constexpr std::string_view kEnvironment = R"(.SH ENVIRONMENT
.TP
.B POSTERN_CONFIG
The configuration file, where
.B \-\-config
names none.
.TP
.BI POSTERN_ KEY
Overrides one setting: its name in capitals, with dots as underscores.
POSTERN_LOG_LEVEL is log.level.
.TP
.BR HTTPS_PROXY ", " NO_PROXY
The egress proxy, where sentry.egress_proxy names none.
.TP
.B NO_COLOR
No colours, if set and not empty.
.B \-\-color always
beats it.
.TP
.B TERM
On a
.B dumb
terminal there are neither colours nor lines that change.
.TP
.BR STATE_DIRECTORY ", " XDG_STATE_HOME
Where the store is, where store.path says nothing.
)";

constexpr std::string_view kFiles = R"(.SH FILES
.TP
.IR ./postern.yaml ", " /etc/postern/postern.yaml
The configuration; the first that is there.
.B postern show \-\-reference
prints every key with its default.
.TP
.IR /var/lib/postern " or " \(ti/.local/state/postern
The store, of root and of others: tokens, for the owner alone.
.TP
.I admin.token
In the store: the token for calls that change something at the admin listener.
.TP
.I postern.runtime
In the store: the addresses of the running instance, by which the other commands find it.
)";

constexpr std::string_view kSeeAlso = R"(.SH SEE ALSO
.BR curl (1),
.BR jq (1)
)";

// As text of a line: nothing in it is a request or an escape of roff's.
std::string escaped(std::string_view text) {
  std::string out;
  if (text.starts_with('.') || text.starts_with('\'')) out += "\\&";
  for (const char c : text) {
    switch (c) {
      case '\\':
        out += "\\e";
        break;
      case '-':
        out += "\\-";
        break;
      case '\'':
        out += "\\(aq";
        break;
      case '~':
        out += "\\(ti";
        break;
      case '^':
        out += "\\(ha";
        break;
      default:
        out += c;
    }
  }
  return out;
}

// "\fB\-\-grant\fR \fINAME\fR"
std::string styled(const ArgumentText& argument) {
  if (!argument.name.starts_with('-')) return "\\fI" + escaped(argument.name) + "\\fR";
  std::string out = "\\fB" + escaped(argument.name) + "\\fR";
  if (!argument.value.empty()) out += " \\fI" + escaped(argument.value) + "\\fR";
  return out;
}

void append_arguments(std::string& out, const std::vector<ArgumentText>& arguments) {
  for (const ArgumentText& argument : arguments)
    out += ".TP\n" + styled(argument) + "\n" + escaped(argument.help) + ".\n";
}

void append_command(std::string& out, const CommandText& command) {
  out += ".SS " + escaped(usage_line(command)) + "\n";
  out += escaped(command.summary) + ".\n";
  append_arguments(out, command.operands);
  append_arguments(out, command.options);
}

}  // namespace

std::string man_page(const ProgramText& program, std::string_view version) {
  std::string out = ".TH POSTERN 1 " + std::string(kDate) + " \"Postern " + escaped(version) +
                    "\" \"User Commands\"\n";
  out += ".SH NAME\npostern \\- reverse\\-proxy sidecar for the Sentry web API\n";
  out += ".SH SYNOPSIS\n.B postern\n.I COMMAND\n.RI [ OPTION ]...\n";
  out += ".SH DESCRIPTION\n";
  out += kDescription;
  out += ".SH COMMANDS\n";
  for (const CommandText& command : program.commands) append_command(out, command);
  out += ".SH OPTIONS\nBefore the command or behind it:\n";
  append_arguments(out, program.options);
  out += kExitStatus;
  out += kEnvironment;
  out += kFiles;
  out += ".SH EXAMPLES\n";
  for (const CommandText& command : program.commands) {
    const bool is_first = &command == &program.commands.front();
    out += (is_first ? "" : ".PP\n") + escaped(command.summary) + ":\n.PP\n.RS 4\n.EX\n" +
           escaped(command.example) + "\n.EE\n.RE\n";
  }
  out += kSeeAlso;
  return out;
}

}  // namespace postern::cli
