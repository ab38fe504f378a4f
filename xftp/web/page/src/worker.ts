// The worker: one transfer, away from the page's thread, so that the page stays awake while files are encrypted.

import { fromBase64 } from "./bytes.ts";
import { messageOf } from "./faults.ts";
import type { Packet } from "./description.ts";
import { fromHash } from "./link.ts";
import type { FromWorker, ToWorker } from "./messages.ts";
import { acknowledge, inner, receive } from "./receive.ts";
import { newSecret, Sealer } from "./sealed.ts";
import { Sending } from "./send.ts";
import { Sessions } from "./session.ts";
import { Progress, Stalls, type Transfer } from "./transfer.ts";

/** cleaningTime is how long deleting may take after a transfer was cancelled or has failed, in milliseconds. */
const cleaningTime = 60_000;

const sessions = new Sessions(self.location.hostname);
let control = new AbortController();
let sending: Sending | null = null;
let received: Packet[] = []; // and not acknowledged
const stalls = new Stalls((fault) => tell(fault ? { kind: "stalled", message: fault.message } : { kind: "resumed" }));
let ended: Promise<void> = Promise.resolve(); // the transfer under way

function tell(m: FromWorker): void {
  self.postMessage(m);
}

function transfer(total: () => number): Transfer {
  return {
    sessions,
    signal: control.signal,
    progress: new Progress((done) => tell({ kind: "progress", done: Math.min(done, total()), total: total() })),
    stalls,
  };
}

async function send(m: Extract<ToWorker, { do: "send" }>): Promise<void> {
  const { total } = new Sealer(m.file, m.file.name, newSecret());
  const router = { hosts: m.router.hosts, port: m.router.port, keyHash: fromBase64(m.router.keyHash) };
  sending = new Sending(transfer(() => total), router, m.password);
  const fragment = await sending.file(m.file, m.file.name);
  tell({ kind: "sent", fragment, deletion: sending.deletion() });
}

async function fetchFile(hash: string): Promise<void> {
  const outer = await fromHash(hash);
  let d = outer;
  const total = () => d.redirect?.size ?? d.size;
  d = await inner(transfer(total), d);
  const file = await receive(transfer(total), d);
  received = d === outer ? d.packets : [...outer.packets, ...d.packets];
  tell({ kind: "received", ...file });
}

async function endLink(): Promise<void> {
  await acknowledge(transfer(() => 0), received);
  tell({ kind: "acknowledged" });
}

async function remove(): Promise<void> {
  await sending?.delete();
  tell({ kind: "deleted" });
}

/** run does something; what was begun of an upload that fails is deleted again. */
async function run(work: () => Promise<void>, clean: boolean): Promise<void> {
  try {
    await work();
  } catch (e) {
    if (!control.signal.aborted) tell({ kind: "failed", message: messageOf(e) });
    if (clean) await cleanUp();
  }
}

async function cleanUp(): Promise<void> {
  control.abort(); // what else is under way
  const deleting = sending?.within({
    sessions,
    signal: AbortSignal.timeout(cleaningTime),
    progress: new Progress(() => {}),
    stalls: new Stalls(() => {}),
  });
  await deleting?.delete().catch(() => {}); // it expires
}

self.onmessage = ({ data }: MessageEvent<ToWorker>) => {
  switch (data.do) {
    case "send":
      ended = run(() => send(data), true);
      break;
    case "receive":
      ended = run(() => fetchFile(data.hash), false);
      break;
    case "acknowledge":
      ended = run(endLink, false);
      break;
    case "delete":
      ended = run(remove, false);
      break;
    case "retry":
      stalls.wake();
      break;
    case "cancel":
      control.abort();
      void ended.then(() => tell({ kind: "ended" }));
  }
};
