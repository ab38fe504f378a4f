// Runs the golden vectors of the network in a browser. It is no part of the page: vectors_test.go serves it, with the
// vectors beside it, and reads what it leaves in window.results.

import { parseAddress, formatAddress, originOf } from "./address.ts";
import { BoxStream, tagSize } from "./box.ts";
import { base64, concat, equal, fromBase64, hex, pad, text, u64, utf8 } from "./bytes.ts";
import { parseDescription, writeDescription } from "./description.ts";
import { Fault } from "./faults.ts";
import { readHello } from "./hello.ts";
import { SigningKey, sha256 } from "./keys.ts";
import { fromFragment, fromHash, toFragment } from "./link.ts";
import { safeName } from "./names.ts";
import { Opener, Sealer } from "./sealed.ts";
import { Sessions } from "./session.ts";
import { parseSize, sizeText, splitSizes } from "./sizes.ts";
import { persist, Progress, Stalls } from "./transfer.ts";
import { commandBlock, readBlock } from "./wire.ts";

type Case = Record<string, any>;

function same(got: unknown, want: unknown, what: string): void {
  const [a, b] = [got, want].map((x) => (x instanceof Uint8Array ? toHex(x) : JSON.stringify(x)));
  if (a !== b) throw new Error(`${what}: ${a}, want ${b}`);
}

function toHex(b: Uint8Array): string {
  return Array.from(b, (x) => x.toString(16).padStart(2, "0")).join("");
}

/** refuses checks that f refuses what it is given. */
async function refuses(what: string, f: () => unknown, words = /./): Promise<void> {
  try {
    await f();
  } catch (e) {
    if (words.test((e as Error).message)) return;
    throw new Error(`${what} is refused with ${e}`);
  }
  throw new Error(`${what} is accepted`);
}

function content(c: Case): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: c.content_len }, (_, i) => i * c.mult + Math.floor(i / 256));
}

async function sealed(c: Case): Promise<void> {
  const plain = content(c);
  const header = hex(c.header);
  const secret = { key: hex(c.key), nonce: hex(c.nonce) };
  const all = new Uint8Array(c.enc_size).fill(0x23);
  all.set(concat(u64(header.length + plain.length), header, plain));
  const box = new BoxStream(secret.key, secret.nonce);
  box.seal(all.subarray(0, -tagSize));
  all.set(box.tag(), all.length - tagSize);
  same(all.subarray(0, 64), hex(c.encrypted.first64), "beginning");
  await opens(c, all, plain);
  const sealer = new Sealer(new Blob([plain]), c.file_name, secret);
  if (c.file_extra !== null || sealer.total !== c.enc_size) return; // read, but not written so
  for (const p of c.chunks as Case[]) same(await sha256(await sealer.packet(p.size)), hex(p.sha256), "packet");
  same(sealer.digest(), hex(c.encrypted_sha512), "digest");
}

/** opens cuts the sealed file anew, and damages it. */
async function opens(c: Case, all: Uint8Array<ArrayBuffer>, plain: Uint8Array): Promise<void> {
  const open = (b: Uint8Array<ArrayBuffer>, cut: number) => {
    const opener = new Opener(hex(c.key), hex(c.nonce), b.length);
    const parts = [];
    for (let i = 0; i < b.length; i += cut) parts.push(opener.packet(b.slice(i, i + cut)));
    opener.finish(hex(c.encrypted_sha512));
    same(opener.name, c.file_name, "name");
    return concat(...parts);
  };
  for (const cut of [all.length, 65536, 65530]) if (!equal(open(all, cut), plain)) throw new Error(`another content, cut by ${cut}`);
  for (const i of [0, 9, all.length - 20, all.length - 1]) {
    const damaged = all.slice();
    damaged[i]! ^= 1;
    await refuses(`damage of byte ${i}`, () => open(damaged, 65536));
  }
}

async function download(c: Case): Promise<void> {
  const plain = new Uint8Array(c.len).fill(c.byte);
  const { x25519 } = await import("@noble/curves/ed25519.js");
  const shared = x25519.getSharedSecret(hex(c.recipient_private).subarray(16), hex(c.server_public).subarray(12));
  const box = new BoxStream(shared, hex(c.nonce));
  const sent = plain.slice();
  box.seal(sent);
  const all = concat(sent, box.tag());
  same(all.length, c.encrypted.len, "length");
  same(all.subarray(0, 64), hex(c.encrypted.first64), "beginning");
  same(all.subarray(-tagSize), hex(c.encrypted.last64).subarray(-tagSize), "tag");
}

async function hello(c: Case): Promise<void> {
  if (!c.web) return;
  const router = parseAddress(`xftp://${base64(hex(c.key_hash))}@localhost`);
  const block = pad(hex(c.server_hello), 16384);
  const now = Date.now();
  const got = await readHello(block, hex(c.challenge), router, now);
  same(got.session, hex(c.session_id), "session");
  same(got.answer, pad(hex(c.client_handshake), 16384), "answer");
  await refuses("another challenge", () => readHello(block, hex(c.session_id), router, now));
  await refuses("another identity", () => readHello(block, hex(c.challenge), { ...router, keyHash: hex(c.session_id) }, now));
  await refuses("an hour before the certificate", () => readHello(block, hex(c.challenge), router, 0));
  const at = block.length - 1 - [...block].reverse().findIndex((b) => b !== 0x23);
  for (const i of [6, 60, 200, at - 300, at - 20]) {
    const damaged = block.slice();
    damaged[i]! ^= 1;
    await refuses(`damage of byte ${i}`, () => readHello(damaged, hex(c.challenge), router, now));
  }
}

async function description(c: Case): Promise<void> {
  const d = parseDescription(c.recipient_yaml);
  same(d.size, c.size, "size");
  same(d.packets.map((p) => toHex(p.digest)), c.chunks.map((p: Case) => p.digest), "digests");
  const again = await fromFragment(await toFragment(d));
  same(writeDescription(again), writeDescription(d), "the description through a link");
  if (c.chunks.length === 1 && c.chunks[0].replicas.length === 1) same(writeDescription(d), withoutPort(c.recipient_yaml), "YAML");
  if (c.web_fragment) same(writeDescription(await fromFragment(c.web_fragment)), writeDescription(d), "link");
  await refuses("a sender's description", () => parseDescription(c.sender_yaml));
}

/** withoutPort leaves out the port that an address without one means. */
function withoutPort(yaml: string): string {
  return yaml.replaceAll(":443\n", "\n");
}

const vectors: Record<string, (c: Case) => void | Promise<void>> = {
  chunk_sizes: (c) =>
    same(splitSizes(c.size), c.chunks.flatMap((x: Case) => Array(x.times).fill(x.size)), "sizes"),
  file_size_text: (c) => {
    same(sizeText(c.size), c.text, "text");
    same(parseSize(c.text), c.size, "size");
  },
  file_encryption: sealed,
  chunk_download: download,
  handshake: hello,
  file_description: description,
  file_description_parse: async (c) => {
    if (c.canonical === null) await refuses(c.kind, () => parseDescription(c.yaml));
    else same(writeDescription(parseDescription(c.yaml)), withoutPort(c.canonical), "YAML");
  },
  transmission: (c) => {
    if (c.auth_kind !== "ed25519" || c.corr_id !== "") return;
    const key = SigningKey.fromDER(hex(c.private_key));
    const block = commandBlock(hex(c.session_id), key, hex(c.entity_id), hex(c.command));
    same(block, pad(hex(c.content), 16384), "block");
  },
  response: (c) => {
    const transmission = concat(Uint8Array.of(0, 0, 0, 0), hex(c.encoded));
    const block = pad(concat(Uint8Array.of(1, transmission.length >> 8, transmission.length), transmission), 16384);
    const got = c.response === "PONG" || c.response === "RIDS" ? null : readBlock(new Uint8Array(0), block);
    if (got?.kind === "ids") same([toHex(got.sender), got.recipients.map(toHex)], [c.sender_id, c.rcv_ids], "ids");
    if (got?.kind === "error") same(got.code, text(hex(c.encoded)).slice(4), "error");
  },
};

/** further are checks that have no vectors. */
const further: Record<string, () => void | Promise<void>> = {
  base64: () => {
    for (const [plain, coded] of [["f", "Zg=="], ["fo", "Zm8="], ["foo", "Zm9v"], ["\u00ff\u00fe\u00fd", "w7_DvsO9"]] as const) {
      same(base64(utf8(plain)), coded, plain);
      same(fromBase64(coded), utf8(plain), coded);
      same(fromBase64(coded.replace(/=/g, "")), utf8(plain), coded);
    }
  },
  "faulty base64": async () => {
    for (const s of ["", "=", "A", "AAAAA", "A+B/", "äöü"]) await refuses(s, () => fromBase64(s));
  },
  addresses: async () => {
    const hash = base64(new Uint8Array(32).fill(7));
    const there = ["a.example,b.onion", "a.example:5443", "fd00::7", "[fd00::7]:5443", "fd00::7,[::1]:5443", "fd00::7,a.example:5443", "beef:5443"];
    for (const s of there) same(formatAddress(parseAddress(`xftp://${hash}@${s}`)), `xftp://${hash}@${s}`, s);
    const six = parseAddress(`xftp://${hash}@[FD00:0::7],[::1]:5443`);
    same(six, { keyHash: six.keyHash, hosts: ["fd00::7", "::1"], port: 5443 }, "IPv6 hosts");
    same([originOf(six, "x"), originOf(six, "[::1]")], ["https://[fd00::7]:5443", "https://[::1]:5443"], "origins");
    same(parseAddress(`xftp://${hash}@[fd00::7]`).hosts, parseAddress(`xftp://${hash}@fd00::7`).hosts, "brackets");
    const a = parseAddress(`xftp://${hash}@a.onion,b.example,c.example:444`);
    same([originOf(a, "x"), originOf(a, "c.example"), originOf(a, "x.onion")], ["https://b.example:444", "https://c.example:444", "https://a.onion:444"], "origins");
    for (const s of ["", "xftp://a@b", `smp://${hash}@a`, `xftp://${hash}@a b`, `xftp://${hash}@a:0`, `xftp://${hash}:pass@a`, `xftp://${hash}@a/b`, `xftp://${hash}@[a`, `xftp://${hash}@1:2:3`]) {
      await refuses(s, () => parseAddress(s));
    }
  },
  names: () => {
    for (const [name, safe] of [["a.txt", "a.txt"], ["../../etc/passwd", "passwd"], ["c:\\x\\y.exe", "y.exe"], ["..", "file"], ["", "file"], ["a\u202etxt.exe\n", "atxt.exe_"], ["\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u2066\u2067\u2068\u2069", "file"], ["a\u2028b", "a_b"]]) {
      same(safeName(name!), safe, name!);
    }
  },
  "faulty links": async () => {
    for (const s of ["AAAA", "x".repeat(60), await toFragment(withoutPackets())]) await refuses(s, () => fromFragment(s));
  },
  "costly links": async () => {
    const head = "chunkSize: 64kb\ndigest: AAAA\nparty: recipient\n";
    for (const [name, yaml] of Object.entries({
      lines: head + "#a\n".repeat(1 << 17),
      items: head + "replicas:\n" + "  -\n".repeat(1 << 17),
      keys: head + Array.from({ length: 1 << 17 }, (_, i) => `a${i}: b\n`).join(""),
      "a line": head + "x: " + "a".repeat(1 << 16) + "\n",
      depth: head + Array.from({ length: 1000 }, (_, i) => " ".repeat(i) + "a:\n").join(""),
      bytes: head + Array.from({ length: 1100 }, (_, i) => `x${i}: ${"a".repeat(8000)}\n`).join(""),
    })) {
      const fragment = base64(new Uint8Array(await new Response(new Blob([yaml]).stream().pipeThrough(new CompressionStream("deflate-raw"))).arrayBuffer()));
      for (const read of [() => parseDescription(yaml), () => fromFragment(fragment), () => fromHash("#/?desc=" + encodeURIComponent(yaml))]) {
        await refuses(name, read, /more than a link|settings in settings|numbered one after|a description without/);
      }
    }
  },
  "links that were changed on their way": async () => {
    const d = parseDescription(oneLine());
    const fragment = await toFragment(d);
    const escaped = encodeURIComponent(writeDescription(d));
    for (const hash of ["#" + fragment, fragment.replaceAll("=", "%3D"), `#${fragment}%0A`, `# ${fragment}\n`, `#${fragment.replace(/=+$/, "")}`,
      `#/?desc=${escaped}`, `#/?v=1;2&desc=${escaped}&data=a;b`]) {
      same(writeDescription(await fromHash(hash)), writeDescription(d), hash);
    }
    for (const hash of ["#", "#x", "#%", "#%zz", "#/?", "#/?data=1", "#/?desc=", "#/?desc=%", `#${fragment.slice(0, 60)}`]) await refuses(hash, () => fromHash(hash));
  },
  stalling,
  waking,
  "long names": async () => {
    const long = "ф".repeat(200) + ".txt"; // 404 bytes
    const sealer = new Sealer(new Blob(["x"]), long, { key: new Uint8Array(32), nonce: new Uint8Array(24) });
    const opener = new Opener(sealer.secret.key, sealer.secret.nonce, 65536);
    same(text(opener.packet(await sealer.packet(65536))), "x", "content");
    same(opener.name, "ф".repeat(127), "name");
  },
};

/**
 * stalling has two tasks stall at different times. One goes on when it is woken and makes progress, the other stalls
 * after that, and goes on by itself; what is said is that of the one that is stalled.
 */
async function stalling(): Promise<void> {
  const said: (string | null)[] = [];
  const stalls = new Stalls((fault) => said.push(fault && fault.message));
  const begun: (() => void)[] = [];
  const pauses: number[] = [];
  stalls.pause = (time) => {
    pauses.push(time);
    return new Promise((next) => begun.push(next));
  };
  const t = { sessions: new Sessions(""), signal: new AbortController().signal, progress: new Progress(() => {}), stalls };
  let [first, second] = [0, 0];
  const fails = (name: string) => {
    throw new Fault(name, true);
  };
  const settle = () => new Promise((next) => setTimeout(next));
  const one = persist(t, async (alive) => (++first < 6 ? fails("one") : alive()));
  for (let i = 0; i < 5; i++) {
    await settle();
    begun.shift()!();
  }
  const two = persist(t, async () => (++second < 5 ? fails("two") : undefined));
  await one;
  for (let i = 0; i < 4; i++) {
    await settle();
    begun.shift()!();
  }
  await two;
  same([first, second], [6, 5], "tries");
  same(said, ["one", "one", null, "two", null], "what is said");
  if (Math.max(...pauses) > 22_500) throw new Error(`pauses of ${pauses}`);
}

/** waking ends pauses that nobody would wait for. */
async function waking(): Promise<void> {
  const stalls = new Stalls(() => {});
  const control = new AbortController();
  const long = [1, 2].map(() => stalls.pause(2 ** 30, control.signal));
  stalls.wake();
  await Promise.all(long);
  const cancelled = stalls.pause(2 ** 30, control.signal);
  control.abort();
  await cancelled;
}

/** oneLine is the text of a description with one packet. */
function oneLine(): string {
  const [key, nonce, hash] = [32, 24, 32].map((n) => base64(new Uint8Array(n).fill(7)));
  const packet = `1:${base64(new Uint8Array(24))}:${base64(SigningKey.generate().toDER())}:${hash}`;
  return `chunkSize: 64kb\ndigest: ${hash}\nkey: ${key}\nnonce: ${nonce}\nparty: recipient\nreplicas:\n- chunks:\n  - ${packet}\n  server: xftp://${hash}@a.example\nsize: 64kb\n`;
}

/** withoutPackets is a description without packets but with a size. */
function withoutPackets(): Parameters<typeof writeDescription>[0] {
  const none = new Uint8Array(32);
  return { party: "recipient", size: 65536, digest: none, key: none, nonce: none.subarray(8), packets: [] };
}

async function run(): Promise<{ checked: Record<string, number>; faults: string[] }> {
  const checked: Record<string, number> = {};
  const faults: string[] = [];
  const attempt = async (name: string, f: () => void | Promise<void>) => {
    try {
      await f();
      checked[name] = (checked[name] ?? 0) + 1;
    } catch (e) {
      faults.push(`${name}: ${e}`);
    }
  };
  for (const c of (await (await fetch("vectors.json")).json()) as Case[]) {
    const check = vectors[c.name];
    if (check) await attempt(c.name, () => check(c));
  }
  for (const [name, check] of Object.entries(further)) await attempt(name, check);
  return { checked, faults };
}

(window as any).results = run();
