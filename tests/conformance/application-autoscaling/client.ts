import { Sha256 } from "@aws-crypto/sha256-js";
import { SignatureV4 } from "@smithy/signature-v4";
import { expect } from "vitest";
import { behaviour, type ConformanceCloud, doc } from "../cloud.ts";

/** A page of the API reference: `api("PutScalingPolicy")`. */
export const api = (operation: string): string =>
  doc(`autoscaling/application/APIReference/API_${operation}.html`);
/** Messages observed from AWS; its documentation has only the rules. */
export const OBSERVED =
  "https://github.com/badmintoncryer/cdk-preflight/tree/main/rules/applicationautoscaling";
/** The page on auto scaling in DynamoDB's developer guide. */
export const DYNAMODB = doc("amazondynamodb/latest/developerguide/AutoScaling.html");

/**
 * Returns the helpers of the auto scaling tests. They sign requests with the SDK's signer, without the service's
 * client.
 */
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
    const response = await fetch(endpoint, { method: "POST", headers, body });
    const output = (await response.json()) as { __type?: string; Message?: string; message?: string };
    if (!response.ok)
      throw Object.assign(new Error(output.Message ?? output.message), {
        name: output.__type,
        status: response.status,
      });
    return output as A;
  }

  /** Declares tests for rows of `[operation, input, code, message]`, each a request and the error that refuses it. */
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
