import { connect, type Socket } from "node:net";

/** A client that sends a request, reads the response, and sends the next. */
export interface Conversation {
  ask(request: Buffer): Promise<string>;
  close(): void;
}

/** @param whole returns the response that the bytes contain, once they contain a whole one */
export async function conversation(
  port: number,
  whole: (bytes: Buffer) => string | undefined,
): Promise<Conversation> {
  const socket: Socket = connect({ port, host: "127.0.0.1", noDelay: true });
  await new Promise<void>((ready, failed) => socket.once("connect", ready).once("error", failed));
  let bytes: Buffer = Buffer.alloc(0);
  let waiting: ((answer: string) => void) | undefined;
  socket.on("data", (data: Buffer) => {
    bytes = bytes.length === 0 ? data : Buffer.concat([bytes, data]);
    const answer = whole(bytes);
    if (answer === undefined) return;
    bytes = Buffer.alloc(0);
    waiting?.(answer);
  });
  return {
    ask: (request) =>
      new Promise((resolve) => {
        waiting = resolve;
        socket.write(request);
      }),
    close: () => socket.destroy(),
  };
}

/** The body of a successful response. */
export function httpAnswer(bytes: Buffer): string | undefined {
  const end = bytes.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const head = bytes.toString("latin1", 0, end);
  const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
  if (bytes.length < end + 4 + length) return undefined;
  if (!head.startsWith("HTTP/1.1 200")) throw new Error(bytes.toString());
  return bytes.toString("utf8", end + 4);
}
