// What the page and its worker say to each other. Keys stay in the worker, but for links.

export interface RouterSettings {
  hosts: string[];
  port: number;
  keyHash: string; // base64url
}

export type ToWorker =
  | { do: "send"; file: File; router: RouterSettings; password: string }
  | { do: "receive"; hash: string }
  | { do: "acknowledge" } // what was received: its link ends
  | { do: "retry" } // at once, what is stalled
  | { do: "cancel" } // and delete what has been uploaded
  | { do: "delete" };

export type FromWorker =
  | { kind: "progress"; done: number; total: number }
  | { kind: "stalled"; message: string } // something of the transfer, which is tried again in a while
  | { kind: "resumed" } // nothing is stalled any more
  | { kind: "failed"; message: string }
  | { kind: "sent"; fragment: string; deletion: string }
  | { kind: "received"; name: string; content: Blob }
  | { kind: "acknowledged" }
  | { kind: "deleted" }
  | { kind: "ended" }; // after cancel: nothing more will be said
