// File descriptions: where the packets of a file are, and the keys for them (facts: XFTP, section 5.3).

import { type Address, formatAddress, parseAddress } from "./address.ts";
import { base64, fromBase64, Malformed } from "./bytes.ts";
import { SigningKey } from "./keys.ts";
import { parseSize, sizeText } from "./sizes.ts";
import { type Node, parseYAML, quote } from "./yaml.ts";

export interface Packet {
  router: Address;
  id: Uint8Array;
  key: SigningKey;
  digest: Uint8Array; // SHA-256
  size: number;
}

export interface Description {
  party: "recipient" | "sender";
  size: number; // of the packets together
  digest: Uint8Array; // SHA-512 of the packets one after another
  key: Uint8Array;
  nonce: Uint8Array;
  packets: Packet[];
  /** The packets hold a description; these are its size and digest. */
  redirect?: { size: number; digest: Uint8Array };
}

/** maxPackets bounds what a link can make a browser do: 1 GiB in packets of 64 KiB, 64 GiB in those of 4 MiB. */
const maxPackets = 1 << 14;
const maxPacket = 4 << 20;

/** writeDescription is the YAML, with keys in alphabetical order and packets by router. */
export function writeDescription(d: Description): string {
  const usual = d.packets[0]?.size ?? 0;
  const groups = new Map<string, string[]>();
  d.packets.forEach((p, i) => {
    const fields = [String(i + 1), base64(p.id), base64(p.key.toDER()), base64(p.digest)];
    if (p.size !== usual) fields.push(sizeText(p.size));
    const router = formatAddress(p.router);
    const lines = groups.get(router);
    if (lines) lines.push(fields.join(":"));
    else groups.set(router, [fields.join(":")]);
  });
  const lines = [
    `chunkSize: ${quote(sizeText(usual))}`,
    `digest: ${quote(base64(d.digest))}`,
    `key: ${quote(base64(d.key))}`,
    `nonce: ${quote(base64(d.nonce))}`,
    `party: ${d.party}`,
  ];
  if (d.redirect) lines.push("redirect:", `  digest: ${quote(base64(d.redirect.digest))}`, `  size: ${d.redirect.size}`);
  lines.push(groups.size > 0 ? "replicas:" : "replicas: []");
  for (const [router, packets] of [...groups].sort(([a], [b]) => (a < b ? -1 : 1))) {
    lines.push("- chunks:", ...packets.map((p) => "  - " + p), `  server: ${router}`);
  }
  lines.push(`size: ${quote(sizeText(d.size))}`);
  return lines.join("\n") + "\n";
}

/** parseDescription reads a recipient's description and checks that it is whole. */
export function parseDescription(yaml: string): Description {
  const top = fields(parseYAML(yaml));
  if (scalar(top, "party") !== "recipient") throw new Malformed("what is for the sender alone");
  const d: Description = {
    party: "recipient",
    size: parseSize(scalar(top, "size")),
    digest: fromBase64(scalar(top, "digest")),
    key: sized(fromBase64(scalar(top, "key")), 32),
    nonce: sized(fromBase64(scalar(top, "nonce")), 24),
    packets: readPackets(top.get("replicas") ?? null, parseSize(scalar(top, "chunkSize"))),
  };
  const redirect = top.get("redirect");
  if (redirect) {
    const r = fields(redirect);
    d.redirect = { size: Number(scalar(r, "size")), digest: fromBase64(scalar(r, "digest")) };
    if (!Number.isSafeInteger(d.redirect.size)) throw new Malformed("a size that is none");
  }
  if (d.packets.reduce((n, p) => n + p.size, 0) !== d.size) throw new Malformed("packets that do not add up");
  return d;
}

/** readPackets takes the first replica of each packet, which has the digest. */
function readPackets(groups: Node, usual: number): Packet[] {
  const packets: Packet[] = [];
  for (const group of list(groups)) {
    const g = fields(group);
    const router = parseAddress(scalar(g, "server"));
    for (const entry of list(g.get("chunks") ?? null)) {
      const [no, id, key, digest, size, ...more] = typeof entry === "string" ? entry.split(":") : [];
      if (!no || !id || !key || more.length > 0 || !/^\d{1,6}$/.test(no)) throw new Malformed("a packet that is none");
      const i = Number(no) - 1;
      if (i < 0 || i >= maxPackets) throw new Malformed("packets that are not numbered one after another");
      if (packets[i] || digest === undefined) continue; // a further replica
      packets[i] = {
        router,
        id: fromBase64(id),
        key: SigningKey.fromDER(fromBase64(key)),
        digest: sized(fromBase64(digest), 32),
        size: size === undefined ? usual : parseSize(size),
      };
      if (packets[i].size > maxPacket) throw new Malformed("a packet larger than routers take");
    }
  }
  if (Array.from(packets).includes(undefined as never)) throw new Malformed("a list in which a packet is missing");
  return packets;
}

function fields(n: Node): Map<string, Node> {
  if (!(n instanceof Map)) throw new Malformed("settings that are none");
  return n;
}

function list(n: Node): Node[] {
  if (!Array.isArray(n)) throw new Malformed("a list that is none");
  return n;
}

function scalar(m: Map<string, Node>, key: string): string {
  const n = m.get(key);
  if (typeof n !== "string") throw new Malformed(`a description without ${key}`);
  return n;
}

function sized<T extends Uint8Array>(b: T, n: number): T {
  if (b.length !== n) throw new Malformed("a key or digest of another length");
  return b;
}
