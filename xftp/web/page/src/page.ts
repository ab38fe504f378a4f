// The page: what is shown and asked. The work is done by worker.ts.

import { hostname } from "./address.ts";
import { fromHash } from "./link.ts";
import type { FromWorker, RouterSettings, ToWorker } from "./messages.ts";
import { safeName } from "./names.ts";
import { drawQR } from "../../../../server/site/page/src/qr.ts";
import { humanSize, maxFile } from "./sizes.ts";
import { askFirst, find, onClick, save, setText, show, state } from "./view.ts";

const settings = find("app").dataset;

/** most is how large a file may be: the router may have room for less than the page can send. */
const most = Math.min(maxFile, Number(settings.most) || maxFile);

/** job is the transfer that is shown. */
let job: { worker: Worker; again: () => void } | null = null;

function routerSettings(): RouterSettings {
  const hosts = settings.hosts ? settings.hosts.split(",") : [hostname(location.hostname)];
  return { hosts, port: Number(settings.port), keyHash: settings.keyHash! };
}

function tell(m: ToWorker): void {
  job?.worker.postMessage(m);
}

/** begin shows a transfer and starts it; again starts it anew after it has failed. */
function begin(title: string, m: ToWorker, again: () => void): void {
  stop();
  const worker = new Worker("/assets/worker.js", { type: "module" });
  worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
    if (data.kind === "ended") worker.terminate();
    else if (job?.worker === worker) heard(data);
  };
  worker.onerror = () => failed("The page cannot work in this browser.");
  job = { worker, again };
  setText("title", title);
  setProgress(0, 1);
  find("stalled").hidden = true;
  show("working");
  worker.postMessage(m);
}

/** stop leaves the transfer that is shown; its worker deletes what it has uploaded, and ends. */
function stop(): void {
  tell({ do: "cancel" });
  job = null;
}

function setProgress(done: number, total: number): void {
  const bar = find<HTMLProgressElement>("progress");
  bar.max = total;
  bar.value = done;
  setText("percent", `${Math.floor((100 * done) / total)} %`);
}

function heard(m: Exclude<FromWorker, { kind: "ended" }>): void {
  switch (m.kind) {
    case "progress":
      return setProgress(m.done, m.total);
    case "stalled":
      if (state() === "received") return setText("link-state", `${m.message} It is tried again.`);
      setText("stall-message", m.message);
      find("stalled").hidden = false;
      return;
    case "resumed":
      find("stalled").hidden = true;
      return;
    case "failed":
      if (state() === "received") return setText("link-state", m.message); // the file is there all the same
      return failed(m.message);
    case "sent":
      return sent(m.fragment, m.deletion);
    case "received":
      return received(safeName(m.name), m.content);
    case "acknowledged":
      return setText("link-state", linkEnds);
    case "deleted":
      job?.worker.terminate();
      job = null;
      return show("deleted");
  }
}

// What is said of a link after its file was received, here as by the command-line program.
const linkStays = "The link can be used again until the file expires.";
const linkEnds = "The link has ended: nobody can download the file with it any more.";

function failed(message: string): void {
  setText("fault", message);
  find("again").hidden = !job;
  show("failed");
}

let chosen = ""; // name of the file that is sent

function send(file: File): void {
  const password = find<HTMLInputElement>("password").value;
  if (file.size > most) return failed(`The file has ${humanSize(file.size)}. Files of up to ${humanSize(most)} can be sent.`);
  if (settings.uploads === "password" && password === "") {
    setText("choose-hint", "This router asks for a password first.");
    return find("password").focus();
  }
  chosen = file.name;
  const again = () => send(file);
  begin(`Sending ${safeName(file.name)}`, { do: "send", file, router: routerSettings(), password }, again);
}

function sent(fragment: string, deletion: string): void {
  const link = `${location.origin}/file/#${fragment}`;
  find<HTMLInputElement>("link").value = link;
  setText("copy", "Copy");
  find("qr").replaceChildren(drawQR(link, "low"));
  find("share").hidden = typeof navigator.share !== "function";
  find("share").onclick = () => void navigator.share({ url: link }).catch(() => {});
  find("keep").onclick = () => save(new Blob([deletion]), `${chosen}.xftp.private`);
  show("sent");
}

function received(name: string, content: Blob): void {
  setText("received-name", `${name}, ${humanSize(content.size)}`);
  setText("link-state", linkStays);
  find("end-link").hidden = false;
  find("save").onclick = () => save(content, name);
  show("received");
  save(content, name);
}

/** choose lets somebody choose a file. */
function choose(): void {
  stop();
  setText("choose-hint", "");
  show("choose");
}

/** open shows what the address asks for: the file of its link, or the choice of a file to send. */
async function open(): Promise<void> {
  const { hash } = location;
  if (hash === "") return choose();
  stop();
  try {
    const d = await fromHash(hash);
    const { size } = d.redirect ?? d;
    setText("offer-size", `A file of up to ${humanSize(size)}.`);
    const receive = () => begin("Receiving the file", { do: "receive", hash }, receive);
    find("download").onclick = receive;
    show("offer");
  } catch (e) {
    failed(`This link cannot be used: it holds ${(e as Error).message}. Ask its sender for it again.`);
  }
}

function leave(): void {
  history.replaceState(null, "", location.pathname);
  choose();
}

async function copy(): Promise<void> {
  const link = find<HTMLInputElement>("link");
  link.select();
  await navigator.clipboard.writeText(link.value);
  setText("copy", "Copied");
}

function acceptDrops(): void {
  const zone = find("drop");
  const over = (on: boolean) => (e: DragEvent) => {
    e.preventDefault();
    zone.classList.toggle("over", on);
  };
  // A file that is dropped beside the zone would replace the page.
  for (const type of ["dragenter", "dragover"] as const) document.addEventListener(type, over(true));
  document.addEventListener("dragleave", over(false));
  document.addEventListener("drop", (e) => {
    over(false)(e);
    const files = e.dataTransfer?.files;
    if (state() !== "choose" || !files || zone.hidden) return;
    if (files.length === 1) send(files[0]!);
    else if (files.length > 1) setText("choose-hint", "One file at a time, please. An archive can hold several.");
  });
}

function main(): void {
  const input = find<HTMLInputElement>("file");
  input.addEventListener("change", () => {
    const file = input.files?.[0];
    input.value = ""; // so that the same file can be chosen again
    if (file) send(file);
  });
  acceptDrops();
  onClick("cancel", open);
  onClick("resume", () => tell({ do: "retry" }));
  onClick("again", () => job?.again());
  onClick("restart", leave);
  onClick("copy", copy);
  askFirst("delete", () => {
    setText("title", "Deleting the file");
    show("working");
    tell({ do: "delete" });
  });
  askFirst("end-link", () => {
    find("end-link").hidden = true;
    setText("link-state", "Ending the link …");
    tell({ do: "acknowledge" });
  });
  for (const id of ["another", "new", "reply"]) onClick(id, leave);
  window.addEventListener("hashchange", () => void open());
  window.addEventListener("beforeunload", (e) => {
    if (state() === "working") e.preventDefault();
  });
  void open();
}

if (!window.isSecureContext) failed("Browsers encrypt only on pages that come by HTTPS. Open this page with https:// in front.");
else if (typeof DecompressionStream !== "function") failed("This browser is too old for this page.");
else main();
