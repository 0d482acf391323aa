import { type Figures, interleaved, measure, round } from "./measure.ts";
import { plain } from "./requests.ts";
import { startScript } from "./servers.ts";

const ROUNDS = 5;
const SCRIPT = new URL("./http-server.ts", import.meta.url).pathname;

/** The cost of the HTTP server alone: a call of 43 bytes with an SDK's headers, beside `node:http` with the same response. */
export async function http(): Promise<void> {
  const [nube, node] = [await startScript("nube", SCRIPT), await startScript("node", SCRIPT)];
  const call = plain({
    method: "POST",
    path: "/",
    headers: {
      "content-type": "application/x-amz-json-1.0",
      "x-amz-target": "DynamoDB_20120810.GetItem",
      "x-amz-date": "20261121T000000Z",
      "user-agent": "aws-sdk-js/3.1169.0 ua/2.1 os/linux#6.1 lang/js md/nodejs#26.10.0 api/dynamodb#3.1169.0",
      authorization: `AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20261121/us-east-1/dynamodb/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature=${"f".repeat(64)}`,
      "amz-sdk-request": "attempt=1; max=3",
    },
    body: Buffer.from('{"TableName":"t","Key":{"id":{"S":"k001"}}}'),
  });
  const options = { connections: 32, seconds: 2, next: () => call };
  const figures = await interleaved(ROUNDS, {
    nube: () => measure(nube, options),
    node: () => measure(node, options),
  });
  console.table({ "our HTTP/1.1": row(figures.nube), "node:http": row(figures.node) });
  await nube.stop();
  await node.stop();
}

const row = ({ perSecond, cpu }: Figures) => ({ "req/s": round(perSecond), "µs CPU": round(cpu, 1) });
