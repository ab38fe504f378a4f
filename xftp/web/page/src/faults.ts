// What can go wrong, said to people.

/** Fault has a message for people. Whether it is worth another try is in `passing`. */
export class Fault extends Error {
  constructor(
    message: string,
    readonly passing: boolean,
  ) {
    super(message);
  }
}

/** networkFault is a request without an answer. */
export function networkFault(host: string): Fault {
  const offline = typeof navigator === "object" && navigator.onLine === false;
  return new Fault(offline ? "You are offline." : `The router ${host} cannot be reached.`, true);
}

const meanings: Record<string, string> = {
  AUTH: "The router does not have this file: it has expired, or was deleted.",
  NO_FILE: "The file has not been uploaded completely.",
  QUOTA: "The router is full. Try again later, or use another router.",
  SIZE: "The router does not take packets of this size.",
  DIGEST: "A part of the file was damaged on its way.",
  TIMEOUT: "The connection to the router is too slow.",
};

/** The same tried again later may succeed. */
const passing = ["QUOTA", "DIGEST", "TIMEOUT", "INTERNAL", "FILE_IO", "SESSION", "HANDSHAKE"];

export function routerFault(code: string): Fault {
  const word = code.split(" ")[0]!;
  if (word === "BLOCKED") return new Fault("The operator of the router has blocked this file.", false);
  return new Fault(meanings[word] ?? `The router answers: ${code}`, passing.includes(word));
}

/** uploadFault is routerFault for a new packet, where AUTH has another meaning. */
export function uploadFault(code: string, password: boolean): Fault {
  if (code !== "AUTH") return routerFault(code);
  return new Fault(password ? "The router does not accept this password." : "The router does not allow you to upload files.", false);
}

/** messageOf is what to say of anything that was thrown. */
export function messageOf(e: unknown): string {
  const message = e instanceof Error ? e.message : String(e);
  return message.endsWith(".") ? message : `What has come is not what was expected: ${message}.`;
}
