import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { expect } from "vitest";
import { type ConformanceCloud, doc } from "../cloud.ts";

export const api = (operation: string) => doc(`eventbridge/latest/APIReference/API_${operation}.html`);
export const guide = (page: string) => doc(`eventbridge/latest/userguide/${page}.html`);

/** Sends a command as the default account. */
export const sender = (cloud: ConformanceCloud): EventBridgeClient["send"] =>
  ((command: never) => new EventBridgeClient(cloud.client()).send(command)) as EventBridgeClient["send"];

export const ACCOUNT = "000000000000";
export const arn = (resource: string) => `arn:aws:events:us-east-1:${ACCOUNT}:${resource}`;
export const queue = (name: string) => `arn:aws:sqs:us-east-1:${ACCOUNT}:${name}`;

export const invalid = (message: string | RegExp) => ({
  name: "ValidationException",
  message: typeof message === "string" ? message : expect.stringMatching(message),
  $metadata: { httpStatusCode: 400 },
});
export const missing = (message: string) => ({
  name: "ResourceNotFoundException",
  message,
  $metadata: { httpStatusCode: 400 },
});

let count = 0;
/** Returns a unique name. */
export const name = (kind: string) => `${kind}-${++count}`;

export const PATTERN = '{"source":["shop"]}';
