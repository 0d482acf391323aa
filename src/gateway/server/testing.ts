import { connect } from "node:net";
import { onTestFinished } from "vitest";
import type { Handle, HttpResponse } from "./http.ts";
import { type Listener, type ListenOptions, listen } from "./listen.ts";

/** A server on a free port for the duration of one test, with its reports. */
export async function serve(
  handle: Handle,
  options: Partial<ListenOptions> = {},
): Promise<Listener & { reports: unknown[] }> {
  const reports: unknown[] = [];
  const report = (error: unknown) => void reports.push(error);
  const listener = await listen({ host: "127.0.0.1", port: 0, handle, report, ...options });
  onTestFinished(() => listener.close({ graceMs: 0 }));
  return { ...listener, reports };
}

export const text = (body: string, status = 200, headers: Record<string, string> = {}): HttpResponse => ({
  status,
  headers,
  body,
});

/** A client that writes bytes and reads bytes. */
export function rawClient(port: number) {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
  onTestFinished(() => void socket.destroy());
  let seen = "";
  let closed = false;
  let wake = () => {};
  socket.setEncoding("latin1");
  socket.on("data", (piece) => {
    seen += piece;
    wake();
  });
  socket.on("error", () => {});
  for (const event of ["end", "close"]) {
    socket.on(event, () => {
      closed = true;
      wake();
    });
  }
  const until = async (condition: () => boolean) => {
    while (!condition()) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  return {
    socket,
    write: (bytes: string) => void socket.write(bytes, "latin1"),
    /** Everything received so far, once it contains `mark` or the server has closed. */
    async saw(mark: string) {
      await until(() => closed || seen.includes(mark));
      return seen;
    },
    /** Everything received, once the server has closed. */
    async closed() {
      await until(() => closed);
      return seen;
    },
  };
}

/** A promise that the test settles. */
export function gate<T = void>() {
  return Promise.withResolvers<T>();
}
