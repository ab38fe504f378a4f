// Web links: ORIGIN/file/#FRAGMENT, where the fragment is base64url of the raw DEFLATE (RFC 1951) of a description
// (facts: XFTP, section 5.4). Browsers do not send fragments to anybody.

import { base64, concat, fromBase64, Malformed, text, utf8 } from "./bytes.ts";
import { type Description, parseDescription, writeDescription } from "./description.ts";
import { maxText } from "./yaml.ts";

/** maxHash bounds a link: each byte may be escaped as three. */
const maxHash = 4 * maxText;

async function through(b: Uint8Array<ArrayBuffer>, by: GenericTransformStream): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of read(new Blob([b]).stream().pipeThrough(by as ReadableWritablePair<Uint8Array, Uint8Array>))) {
    size += part.length;
    if (size > maxText) throw new Malformed("more than a link can describe");
    parts.push(part);
  }
  return concat(...parts);
}

/** read iterates over a stream; not every browser's streams are iterable. */
async function* read<T>(stream: ReadableStream<T>): AsyncGenerator<T> {
  const reader = stream.getReader();
  try {
    for (let r = await reader.read(); !r.done; r = await reader.read()) yield r.value;
  } finally {
    await reader.cancel();
  }
}

export async function toFragment(d: Description): Promise<string> {
  return base64(await through(utf8(writeDescription(d)), new CompressionStream("deflate-raw")));
}

export async function fromFragment(fragment: string): Promise<Description> {
  const compressed = fromBase64(fragment);
  let yaml: string;
  try {
    yaml = text(await through(compressed, new DecompressionStream("deflate-raw")));
  } catch (e) {
    throw e instanceof Malformed ? e : new Malformed("only a part of what it should");
  }
  return parseDescription(yaml);
}

/**
 * fromHash reads what stands behind # in an address, which may have been changed on its way: escaped, or with blanks around
 * it. It is a fragment, or /?desc= with the description itself, as in the network's other links.
 */
export async function fromHash(hash: string): Promise<Description> {
  if (hash.length > maxHash) throw new Malformed("more than a link can describe");
  const behind = hash.replace(/^#/, "");
  if (!behind.startsWith("/?")) return fromFragment(unescaped(behind).trim());
  const desc = behind.slice(2).split("&").find((field) => field.startsWith("desc="));
  if (!desc) throw new Malformed("no description of a file");
  return parseDescription(unescaped(desc.slice("desc=".length).replaceAll("+", " ")));
}

function unescaped(s: string): string {
  try {
    return decodeURIComponent(s);
  } catch {
    throw new Malformed("text that is escaped in a wrong way");
  }
}
