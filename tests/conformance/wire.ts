import { type IncomingHttpHeaders, request } from "node:http";

/** What an HTTP client sees that is no SDK: a browser, say. */
export interface WireAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  bytes: Buffer;
}

export interface WireCall {
  method?: string;
  headers?: Record<string, string>;
  body?: string;
}

/** Sends just that, to the host that `headers` name at the address of `url`. */
export function exchange(url: string, { method = "GET", headers = {}, body }: WireCall = {}) {
  return new Promise<WireAnswer>((resolve, reject) => {
    const { hostname, port, pathname, search } = new URL(url);
    const path = pathname + search;
    const call = request({ hostname, port, path, method, headers, agent: false }, async (answer) => {
      const chunks: Buffer[] = [];
      try {
        for await (const chunk of answer) chunks.push(chunk as Buffer);
      } catch (error) {
        return reject(error);
      }
      const bytes = Buffer.concat(chunks);
      resolve({ status: answer.statusCode!, headers: answer.headers, text: bytes.toString(), bytes });
    });
    call.on("error", reject);
    call.end(body);
  });
}
