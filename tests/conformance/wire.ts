import { hash } from "node:crypto";
import { type IncomingHttpHeaders, request } from "node:http";
import { sign } from "#aws/signature/sigv4.ts";

/** The response as a plain HTTP client, such as a browser, receives it. */
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

/** Sends the request unchanged to the address of `url`, with the host in `headers`. */
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

/** Signs a request as the account `test` does, and sends it to a path of the endpoint. */
export function signedExchange(endpoint: string, service: string, path: string, call: WireCall = {}) {
  const { method = "GET", headers = {}, body = "" } = call;
  const own = { ...headers, host: new URL(endpoint).host };
  const signed = sign(
    { method, path, query: "", headers: own },
    { accessKeyId: "test", secretAccessKey: "test" },
    { region: "us-east-1", service, now: Date.now(), payloadHash: hash("sha256", body, "hex") },
  );
  return exchange(`${endpoint}${path}`, { method, headers: { ...own, ...signed }, body });
}
