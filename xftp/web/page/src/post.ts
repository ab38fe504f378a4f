// Requests. XMLHttpRequest rather than fetch, because it tells how much of a body has been sent.

import { type Bytes } from "./bytes.ts";
import { networkFault } from "./faults.ts";

export interface PostOptions {
  signal: AbortSignal;
  headers?: Record<string, string>;
  /** Called with bytes sent or received so far. */
  onSent?: (n: number) => void;
  onReceived?: (n: number) => void;
}

/**
 * stallTime is how long a request may wait without any progress, in milliseconds. So long a connection whose other end has
 * gone without a word is waited for. Less would cut uploads over slow links: a browser tells how much it has handed to the
 * system, where megabytes may wait, and nothing while these leave. Of a change of the network browsers tell at once.
 */
const stallTime = 60_000;

export function post(origin: string, body: Bytes | Blob, o: PostOptions): Promise<Bytes> {
  return new Promise((resolve, reject) => {
    const x = new XMLHttpRequest();
    let timer = 0;
    const progress = () => {
      clearTimeout(timer);
      timer = setTimeout(() => x.abort(), stallTime) as unknown as number;
    };
    const end = () => {
      clearTimeout(timer);
      o.signal.removeEventListener("abort", cancel);
    };
    const cancel = () => x.abort();
    const fail = () => {
      end();
      reject(o.signal.aborted ? o.signal.reason : networkFault(new URL(origin).host));
    };
    x.open("POST", origin + "/");
    x.responseType = "arraybuffer";
    for (const [name, value] of Object.entries(o.headers ?? {})) x.setRequestHeader(name, value);
    if (o.onSent) {
      x.upload.onprogress = (e) => {
        progress();
        o.onSent!(e.loaded);
      };
    }
    x.onprogress = (e) => {
      progress();
      o.onReceived?.(e.loaded);
    };
    x.onerror = x.onabort = fail;
    x.onload = () => {
      if (x.status !== 200) return fail();
      end();
      resolve(new Uint8Array(x.response as ArrayBuffer));
    };
    o.signal.addEventListener("abort", cancel);
    if (o.signal.aborted) return fail();
    progress();
    x.send(body);
  });
}
