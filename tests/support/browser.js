// Scenes in a real browser, for browser.py: node browser.js SCENE JSON. Prints what was seen as JSON;
// what that ought to be is for the tests to say.
"use strict";

const fs = require("node:fs");
const http = require("node:http");

const [, , scene, given] = process.argv;
const options = JSON.parse(given);
const { chromium } = require(options.playwright);

const PATIENCE = { timeout: 20000 };

// Opens pages in which nothing goes unseen: requests, what the console says, what scripts throw.
async function watched(browser, settings) {
  const context = await browser.newContext(settings);
  const page = await context.newPage();
  const seen = { requests: [], complaints: [] };
  page.on("request", (request) => seen.requests.push(request.url()));
  page.on("pageerror", (error) => seen.complaints.push(String(error)));
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) {
      seen.complaints.push(`${message.text()} ${message.location().url}`);
    }
  });
  return { page, seen };
}

function call(url) {
  return new Promise((resolve, reject) => {
    http.get(url, (answer) => answer.resume().on("end", () => resolve(answer.statusCode)))
      .on("error", reject);
  });
}

// Playwright waits for one to go, not for all.
function expectNone(page, selector) {
  return page.waitForFunction((wanted) => document.querySelector(wanted) === null, selector,
    PATIENCE);
}

const rows = (page) => page.locator(".requests tbody tr");

// Walks there with the Tab key alone.
async function tabTo(page, target) {
  const element = await target.elementHandle(PATIENCE);
  for (let presses = 0; presses < 150; ++presses) {
    if (await element.evaluate((one) => one === document.activeElement)) return;
    await page.keyboard.press("Tab");
  }
  throw new Error("the keyboard does not reach it");
}

async function pressAt(page, target, key) {
  await tabTo(page, target);
  await page.keyboard.press(key);
}

const SCENES = {
  // Loads the page, makes a request at Postern and waits for it to show.
  async live(browser, { admin, api }) {
    const { page, seen } = await watched(browser, {});
    const answer = await page.goto(`${admin}/`);
    await page.locator("#live.on").waitFor(PATIENCE);
    const before = await rows(page).count();
    await page.locator("#configuration summary").click();
    await call(`${api}/elsewhere/`);
    await page.locator(".requests tbody tr", { hasText: "not_an_api_path" }).first()
      .waitFor(PATIENCE);
    return {
      ...seen,
      status: answer.status(),
      title: await page.title(),
      live: await page.locator("#live").textContent(),
      before,
      after: await rows(page).count(),
      is_still_open: await page.locator("#configuration details").evaluate((one) => one.open),
    };
  },

  // Hears of another process: that has to load the page anew.
  async restarted(browser, { admin }) {
    const { page, seen } = await watched(browser, {});
    let loads = 0;
    const loadedAgain = new Promise((resolve) => {
      page.on("load", () => { loads += 1; if (loads === 2) resolve(); });
    });
    await page.route("**/page/summary", async (route) => {
      const answer = await route.fetch();
      const body = (await answer.text()).replace(/data-process="\d+"/, 'data-process="0"');
      await route.fulfill({ response: answer, body });
    }, { times: 1 });
    await page.goto(`${admin}/`);
    await loadedAgain;
    await page.locator("#live.on").waitFor(PATIENCE);
    return seen;
  },

  // Loses the connection: then nothing is shown as if it were known.
  async lost(browser, { admin, lost }) {
    const { page } = await watched(browser, {});
    await page.goto(`${admin}/`);
    await page.locator("#live.on").waitFor(PATIENCE);
    const before = await page.locator("body.lost").count();
    fs.writeFileSync(lost, "");
    await page.locator("body.lost").waitFor(PATIENCE);
    return { before, live: await page.locator("#live").textContent() };
  },

  // The same without scripts.
  async plain(browser, { admin }) {
    const { page, seen } = await watched(browser, { javaScriptEnabled: false });
    await page.goto(`${admin}/`);
    return {
      ...seen,
      rows: await rows(page).count(),
      grants: await page.locator("#grants h3").allTextContents(),
      has_filter: await page.locator("#filter").isVisible(),
    };
  },

  // Walks through the page with the Tab key alone.
  async keyboard(browser, { admin }) {
    const { page } = await watched(browser, {});
    await page.goto(`${admin}/`);
    await page.locator("#live.on").waitFor(PATIENCE);
    const stops = [];
    for (let presses = 0; presses < 150; ++presses) {
      await page.keyboard.press("Tab");
      const stop = await page.evaluate(() => {
        const at = document.activeElement;
        if (at === document.body) return null;
        const outline = getComputedStyle(at).outlineStyle;
        return { name: at.id || at.textContent.trim().slice(0, 40), tag: at.tagName, outline };
      });
      if (stop === null) break;
      stops.push(stop);
      if (stop.tag === "SUMMARY") await page.keyboard.press("Enter");
    }
    const opened = await page.locator("#configuration details").evaluate((one) => one.open);
    return { stops, opened };
  },

  // Is anything wider than a small telephone, by day or by night? And which names do the parts have?
  async narrow(browser, { admin }) {
    const { page } = await watched(browser, { viewport: { width: 360, height: 740 } });
    await page.goto(`${admin}/`);
    const landmarks = await page.evaluate(() =>
      ["header", "nav", "main", "footer", "table caption"].filter(
        (name) => document.querySelector(name) !== null));
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    const light = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    await page.emulateMedia({ colorScheme: "dark" });
    const dark = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    return { landmarks, width, light, dark };
  },

  // Has the page open and does as `steps` say, one after the other:
  //   { see: selector, text }   waits until one is there
  //   { gone: selector }        waits until none is
  //   { touch: path }           tells the test by a file how far it is
  //   { picture: path, dark, whole }   of what a screen shows, or of the whole page
  async follow(browser, { admin, steps }) {
    const { page, seen } = await watched(browser, { viewport: { width: 1100, height: 1800 } });
    await page.goto(`${admin}/`);
    await page.locator("#live.on").waitFor(PATIENCE);
    for (const step of steps) {
      if (step.see) await page.locator(step.see, { hasText: step.text }).first().waitFor(PATIENCE);
      if (step.gone) await expectNone(page, step.gone);
      if (step.touch) fs.writeFileSync(step.touch, "");
      if (step.picture) {
        await page.emulateMedia({ colorScheme: step.dark ? "dark" : "light" });
        await page.screenshot({ path: step.picture, fullPage: step.whole ?? false });
      }
    }
    return { ...seen, text: await page.locator("main").innerText() };
  },

  // Opens the first body by keyboard, and sees whether it stays open while rows come in.
  async bodies(browser, { admin, api }) {
    const { page, seen } = await watched(browser, {});
    await page.goto(`${admin}/`);
    await page.locator("#live.on").waitFor(PATIENCE);
    await page.locator(".requests details summary").first().focus();
    await page.keyboard.press("Enter");
    await call(`${api}/elsewhere/`);
    await rows(page).nth(1).waitFor(PATIENCE);
    return {
      ...seen,
      injected: await page.locator("main img, main script, main iframe").count(),
      opened: await page.locator(".requests details[open] pre").allInnerTexts(),
    };
  },

  // Hostile text everywhere: does any of it run?
  async hostile_text(browser, { admin }) {
    const { page, seen } = await watched(browser, {});
    let dialogs = 0;
    page.on("dialog", (dialog) => { dialogs += 1; dialog.dismiss(); });
    await page.goto(`${admin}/`);
    await page.locator("#live.on").waitFor(PATIENCE);
    const injected = await page.locator("main img, main script, main iframe").count();
    return { ...seen, dialogs, injected, text: await page.locator("main").innerText() };
  },

  // Connects a grant, from the address with the token to a call with the new one; by keyboard.
  async connect(browser, { admin, token, sentry }) {
    const { page, seen } = await watched(browser, {
      ignoreHTTPSErrors: true, permissions: ["clipboard-read", "clipboard-write"],
    });
    await page.goto(`${admin}/?token=${token}`);
    await page.locator("#live.on").waitFor(PATIENCE);
    const entered = page.url();
    await pressAt(page, page.locator("#connect [data-copy]").first(), "Enter");
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    await pressAt(page, page.locator("#connect .picker summary"), "Enter");
    await tabTo(page, page.locator('input[name="scopes.team"]:checked'));
    await page.keyboard.press("ArrowDown"); // from read to write
    await pressAt(page, page.locator("#connect form[action='/connect'] button"), "Enter");
    await page.waitForURL(`${sentry}/**`, PATIENCE);
    const asked = await page.locator("li").allTextContents();
    await pressAt(page, page.locator("button[value=approve]"), "Enter");
    await page.waitForURL(`${admin}/**`, PATIENCE);
    const connected = await page.locator("#connect .outcome").textContent(PATIENCE);
    await pressAt(page, page.locator("#connect form[action='/connect/test'] button"), "Enter");
    await page.locator("#connect .outcome", { hasText: " in " }).waitFor(PATIENCE);
    const tested = await page.locator("#connect .outcome").textContent();
    return { ...seen, entered, copied, asked, connected, tested };
  },

  // Another site tries to get at the control plane, and at what callers use.
  async hostile_site(browser, { admin, api }) {
    const site = http.createServer((request, response) => {
      response.setHeader("Content-Type", "text/html");
      response.end("<title>evil</title><body></body>");
    });
    await new Promise((resolve) => site.listen(0, "127.0.0.1", resolve));
    const { page } = await watched(browser, {});
    const statuses = [];
    page.on("response", (answer) => {
      if ([admin, api].some((one) => answer.url().startsWith(one))) statuses.push(answer.status());
    });
    const told = {};
    for (const host of ["evil.test", "127.0.0.1"]) {
      await page.goto(`http://${host}:${site.address().port}/`);
      told[`${host} at admin`] = await page.evaluate(tryEverything, {
        base: admin, read: "/api/status", page: "/", script: "/page.js", image: "/icon.svg",
        events: "/api/events", change: "/api/shutdown",
      });
      const call = "/api/0/organizations/acme/";
      told[`${host} at api`] = await page.evaluate(tryEverything, {
        base: api, read: call, page: call, script: call, image: call, events: call, change: call,
      });
    }
    const refused = [...statuses];
    const rebound = await page.goto(admin.replace("127.0.0.1", "evil.test") + "/");
    await page.goto(`http://evil.test:${site.address().port}/`);
    const [followed] = await Promise.all([
      page.waitForNavigation(),
      page.evaluate((to) => { location.href = to; }, `${admin}/`),
    ]);
    site.close();
    return { told, refused, rebound: rebound.status(), followed: followed.status() };
  },
};

// Runs in the hostile page; returns what it got of the paths at `base`.
async function tryEverything(target) {
  const at = (path) => target.base + path;
  const outcome = (element, attribute, url) => new Promise((resolve) => {
    const one = document.createElement(element);
    one.onload = () => resolve("loaded");
    one.onerror = () => resolve("refused");
    one[attribute] = url;
    document.body.append(one);
  });
  const fetched = (url, options) => fetch(url, options).then(
    async (answer) => (answer.type === "opaque" ? "opaque" : `read ${(await answer.text()).length}`),
    () => "refused");
  const followed = new Promise((resolve) => {
    const events = new EventSource(at(target.events));
    events.onopen = () => resolve("loaded");
    events.onerror = () => { events.close(); resolve("refused"); };
  });
  const connected = new Promise((resolve) => {
    const socket = new WebSocket(at(target.events).replace("http:", "ws:"));
    socket.onopen = () => resolve("loaded");
    socket.onerror = () => resolve("refused");
  });
  const frame = document.createElement("iframe");
  frame.name = "frame";
  document.body.append(frame);
  const form = document.createElement("form");
  Object.assign(form, { method: "post", action: at(target.change), target: "frame" });
  document.body.append(form);
  form.submit();
  const seen = {
    fetch: await fetched(at(target.read)),
    page: await fetched(at(target.page)),
    opaque: await fetched(at(target.page), { mode: "no-cors" }),
    sent: await fetched(at(target.change), { mode: "no-cors", method: "POST", body: "a=b" }),
    image: await outcome("img", "src", at(target.image)),
    script: await outcome("script", "src", at(target.script)),
    events: await followed,
    socket: await connected,
  };
  await outcome("iframe", "src", at(target.page));
  return seen;
}

async function main() {
  const browser = await chromium.launch({
    executablePath: options.chromium,
    args: ["--no-sandbox", "--host-resolver-rules=MAP evil.test 127.0.0.1"],
  });
  try {
    process.stdout.write(JSON.stringify(await SCENES[scene](browser, options)));
  } finally {
    await browser.close();
  }
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
