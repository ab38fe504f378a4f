// The page behind a link that somebody shares: /contact, /invitation, and those of short links (facts: ntf-and-ops, B7). What
// stands behind # never leaves the browser.

import { drawQR } from "./qr.ts";

const find = (id: string) => document.getElementById(id)!;
const show = (id: string) => (find(id).hidden = false);

/** What a link leads to, by the last name of its path. */
const titles: Record<string, string> = {
  contact: "Contact address",
  invitation: "One-time invitation",
  a: "Contact address",
  c: "Channel",
  g: "Group",
  i: "One-time invitation",
  r: "Relay",
};

/** Links have no other path, and are of https, whatever the page was loaded from. */
function sharedLink(here: Location, action: string): URL {
  const link = new URL(here.href);
  link.protocol = "https:";
  link.pathname = "/" + action;
  return link;
}

/** appLink opens the app. A short link does not name the host that it is on, so the app is told. */
function appLink(action: string, fragment: string, host: string): string {
  const scheme = "simplex:/" + action;
  if (action.length > 1) return scheme + fragment;
  if (!fragment.includes("?")) return `${scheme}${fragment}?h=${host}`;
  const hosts = /([?&])h=([^&]+)/;
  if (!hosts.test(fragment)) return `${scheme}${fragment}&h=${host}`;
  return scheme + fragment.replace(hosts, (_, before, others) => `${before}h=${host},${others}`);
}

function showLink(action: string): void {
  const link = sharedLink(location, action);
  const text = link.href;
  document.title = find("title").textContent = titles[action]!;
  find("link").textContent = "/c " + text;
  (find("open") as HTMLAnchorElement).href = appLink(action, link.hash, link.hostname);
  try {
    find("qr").replaceChildren(drawQR(text, "medium"));
    show("code");
  } catch {
    show("long"); // of a link with keys that are safe from quantum computers
  }
  const copy = find("copy");
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text);
    copy.textContent = "Copied";
  });
  copy.hidden = navigator.clipboard === undefined; // without https there is none
  find("none").hidden = true;
  show("some");
}

function start(): void {
  const action = location.pathname.split("/").filter(Boolean).at(-1) ?? "";
  if (location.hash.length > 1 && action in titles) showLink(action);
  else show("none");
}

addEventListener("hashchange", () => location.reload());
start();
