// The tables of the entries of lists.
#include "config/keys.h"

namespace postern::config {

std::vector<Key> keys_of(wire::ListenOptions& l) {
  return {
      {"address", &l.address, {}, "or 127.0.0.1:7979, [::1]:7979; port 0 picks one"},
      {"name", &l.name, {}, "for policy.rules; several may share one. Unset: the address"},
      {"mode", Mode{&l.mode}, {}, "permission bits of a unix socket"},
      {"uids", &l.uids, {}, "user ids it serves; empty: whoever can open it"},
      {"grant", &l.grant, {}, "the only grant to be used here; unset: any"},
      {"allow_remote", &l.allow_remote, {}, "needed for an address that is not loopback"},
      {"tls.certificate_file",
       &l.tls.certificate_file,
       {},
       "PEM, its chain behind it; callers then come by https. Watched, like the other two"},
      {"tls.key_file", &l.tls.key_file, {}, "its key, readable by nobody else"},
      {"tls.client_ca_file",
       &l.tls.client_ca_file,
       {},
       "callers must show a certificate of these authorities; unset: they need none"},
      {"tls.client_names",
       &l.tls.client_names,
       {},
       "in it: web.shop.svc, *.shop.svc, spiffe://shop.example/ns/web/*; empty: any"},
  };
}

std::vector<Key> keys_of(GrantSetup& g) {
  return {
      {"name", &g.grant.name, {}, "for X-Postern-Grant; unset: the organization"},
      {"kind", &g.grant.kind, {}, "how the token is obtained"},
      {"organization", &g.grant.organization, {}, "slug of the organization"},
      {"scopes",
       &g.grant.scopes,
       {},
       "asked for at login; of a static token: what it has, if known"},
      {"required", &g.grant.required, {}, "not ready without it"},
      {"sentry.url", &g.sentry.url, {}, "as above, which holds where this says nothing"},
      {"sentry.ca_file", &g.sentry.ca_file, {}, "likewise"},
      {"sentry.egress_proxy", &g.sentry.egress_proxy, {}, "likewise"},
      {"sentry.regions", &g.sentry.regions, {}, "likewise"},
      {"sentry.direct_uploads", &g.sentry.direct_uploads, {}, "likewise"},
      {"client.id", &g.grant.client.id, {}, "an application of its own, instead of the one above"},
      {"client.secret", &g.grant.client.secret, {}, "its secret"},
      {"client.auth", &g.grant.client.auth, {}, "likewise"},
      {"authorize_parameters", &g.authorize_parameters, {}, "name=value, added to the login's URL"},
      {"token_parameters", &g.token_parameters, {}, "name=value, added to each token request"},
      {"seed_file",
       &g.grant.seed_file,
       {},
       "oauth: a token or stored grant that fills an empty store"},
      {"installation", &g.grant.installation, {}, "integration: uuid of the installation"},
      {"code", &g.grant.code, {}, "integration: its grant code, for the first exchange"},
      {"token", &g.grant.token, {}, "static: the token; its file is watched", &g.grant.token_file},
  };
}

std::vector<Key> keys_of(policy::RuleOptions& r) {
  return {
      {"name", &r.name, {}, "for refusals and the log; unset: its place"},
      {"effect", &r.effect, {}, "has to be given"},
      {"methods", &r.methods, {}, "GET is HEAD too; empty: any"},
      {"path", &r.path, {}, "a template of Sentry's API, or a beginning and a star: /api/0/…/*"},
      {"operation", &r.operation, {}, "instead of methods and path, as postern explain calls it"},
      {"caller.listener", &r.listener, {}, "name, or address, of an entry of listen; unset: any"},
      {"caller.uids", &r.uids, {}, "user ids, where the listener is a unix socket; empty: any"},
      {"caller.names",
       &r.names,
       {},
       "of certificates, as tls.client_names has them, where the listener asks for one; empty: "
       "any"},
      {"grant", &r.grant, {}, "name of the grant that is used; unset: any"},
  };
}

}  // namespace postern::config
