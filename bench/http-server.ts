import { createServer } from "node:http";
import { listen } from "../src/gateway/server/listen.ts";

/** A process that answers every request with 350 bytes: `node bench/http-server.ts nube|node <port>`. */
const [kind, port] = [process.argv[2], Number(process.argv[3])];
const host = "127.0.0.1";
const body = "x".repeat(350);
const headers = {
  "content-type": "application/x-amz-json-1.0",
  "x-amzn-requestid": "b7a4b3f6-3b1c-4a52-9d3c-2c1c8a5d7b11",
  "x-amz-crc32": "1234567890",
};

if (kind === "nube") {
  await listen({
    host,
    port,
    report: console.error,
    async handle(request) {
      await request.body.bytes(1_000);
      return { status: 200, headers, body };
    },
  });
} else {
  createServer({ noDelay: true }, (request, answer) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      Buffer.concat(chunks);
      answer.writeHead(200, { ...headers, "content-length": body.length }).end(body);
    });
  }).listen(port, host);
}
