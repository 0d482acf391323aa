import { Sha256 } from "@aws-crypto/sha256-js";
import { SignatureV4 } from "@smithy/signature-v4";
import { expect } from "vitest";
import { behaviour, type ConformanceCloud, doc } from "../cloud.ts";

/** A page of the API reference: `api("PutScalingPolicy")`. */
export const api = (operation: string): string =>
  doc(`autoscaling/application/APIReference/API_${operation}.html`);
/** Sentences that AWS was heard to say; its documentation has the rules alone. */
export const HEARD = "https://github.com/badmintoncryer/cdk-preflight/tree/main/rules/applicationautoscaling";
/** How DynamoDB describes it. */
export const DYNAMODB = doc("amazondynamodb/latest/developerguide/AutoScaling.html");

/** Calls as the SDK's signer signs, without a client of the service. */
export function autoScalingOn(cloud: ConformanceCloud, where: { region?: string } = {}) {
  async function call<A = object>(operation: string, input: object): Promise<A> {
    const { endpoint, region, credentials } = cloud.client(where);
    const { hostname, port, host } = new URL(endpoint);
    const signer = new SignatureV4({
      service: "application-autoscaling",
      region,
      credentials,
      sha256: Sha256,
    });
    const body = JSON.stringify(input);
    const { headers } = await signer.sign({
      method: "POST",
      protocol: "http:",
      hostname,
      port: Number(port),
      path: "/",
      headers: {
        host,
        "content-type": "application/x-amz-json-1.1",
        "x-amz-target": `AnyScaleFrontendService.${operation}`,
      },
      body,
    });
    const answer = await fetch(endpoint, { method: "POST", headers, body });
    const told = (await answer.json()) as { __type?: string; Message?: string; message?: string };
    if (!answer.ok)
      throw Object.assign(new Error(told.Message ?? told.message), {
        name: told.__type,
        status: answer.status,
      });
    return told as A;
  }

  /** Calls that are refused: `[operation, input, code, message]`. */
  const refusals = (source: string, rows: readonly [string, object, string, string?][]) => {
    for (const [operation, input, code, message] of rows)
      behaviour(`${operation} refuses ${JSON.stringify(input)}: ${message ?? code}`, source, async () => {
        const outcome = await call(operation, input).then(
          () => ["accepted"],
          (error: Error) => [error.name, ...(message === undefined ? [] : [error.message])],
        );
        expect(outcome).toEqual([code, ...(message === undefined ? [] : [message])]);
      });
  };

  return { call, refusals };
}
