import { connect, type Socket } from "node:net";

/** A load from this process: each connection sends a request, reads the whole response, and sends the next. */
export interface Load {
  port: number;
  connections: number;
  seconds: number;
  /** Ends the load after this many requests. */
  requests?: number;
  /** The next request, head and body. */
  next: () => Buffer;
  /** Statuses that count as success; anything else ends the bench. */
  expect?: (status: number) => boolean;
}

export interface LoadResult {
  requests: number;
  seconds: number;
  /** The bytes of all response bodies. */
  bytes: number;
}

const HEAD_END = Buffer.from("\r\n\r\n");

export async function load({
  port,
  connections,
  seconds,
  requests = Number.POSITIVE_INFINITY,
  next,
  expect = (s) => s < 300,
}: Load): Promise<LoadResult> {
  const begin = performance.now();
  const end = begin + seconds * 1_000;
  let sent = 0;
  const result: LoadResult = { requests: 0, seconds: 0, bytes: 0 };

  async function run(): Promise<void> {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    await new Promise<void>((ready, failed) => socket.once("connect", ready).once("error", failed));
    await converse(socket);
    socket.destroy();
  }

  function converse(socket: Socket): Promise<void> {
    return new Promise((done, failed) => {
      let head: Buffer | undefined;
      let left = 0;
      const send = () => {
        if (sent++ >= requests || performance.now() >= end) return done();
        socket.write(next());
      };
      const finish = () => {
        result.requests++;
        head = undefined;
        send();
      };
      const readHead = (data: Buffer) => {
        const bytes = head && head.length > 0 ? Buffer.concat([head, data]) : data;
        const at = bytes.indexOf(HEAD_END);
        if (at < 0) {
          head = bytes;
          return;
        }
        const text = bytes.toString("latin1", 0, at);
        const status = Number(text.slice(9, 12));
        if (!expect(status)) return failed(new Error(`${text}\n\n${bytes.subarray(at + 4)}`));
        left = Number(/\r\ncontent-length: *(\d+)/i.exec(text)?.[1] ?? 0);
        head = Buffer.alloc(0);
        result.bytes += left;
        take(bytes.length - at - 4);
      };
      const take = (count: number) => {
        left -= count;
        if (left <= 0) finish();
      };
      socket.on("error", failed).on("close", () => done());
      socket.on("data", (data: Buffer) => (left > 0 ? take(data.length) : readHead(data)));
      send();
    });
  }

  await Promise.all(Array.from({ length: connections }, run));
  result.seconds = (performance.now() - begin) / 1_000;
  return result;
}
