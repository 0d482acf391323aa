import { CreatePipeCommand, type CreatePipeCommandInput, PipesClient } from "@aws-sdk/client-pipes";
import { describe, expect } from "vitest";
import { behaviour, conformanceCloud, doc } from "../cloud.ts";
import { ACCOUNT, name, queue } from "./client.ts";

const cloud = conformanceCloud();
const api = (page: string) => doc(`eventbridge/latest/pipes-reference/API_${page}.html`);
const RoleArn = `arn:aws:iam::${ACCOUNT}:role/pipe`;

const create = (more: Partial<CreatePipeCommandInput>) =>
  new PipesClient(cloud.client()).send(
    new CreatePipeCommand({
      Name: name("pipe"),
      Source: queue("from"),
      Target: queue("to"),
      RoleArn,
      ...more,
    }),
  );
const invalid = (message: string) => ({
  name: "ValidationException",
  message,
  $metadata: { httpStatusCode: 400 },
});

describe("a pipe is held to its model", () => {
  const wrong: [what: string, page: string, more: Partial<CreatePipeCommandInput>, message: string][] = [
    [
      "numbers have bounds",
      "PipeSourceSqsQueueParameters",
      { SourceParameters: { SqsQueueParameters: { BatchSize: 0 } } },
      "[numeric instance is lower than the required minimum (minimum: 1, found: 0)]",
    ],
    [
      "a window has at most five minutes",
      "PipeSourceSqsQueueParameters",
      { SourceParameters: { SqsQueueParameters: { MaximumBatchingWindowInSeconds: 301 } } },
      "[numeric instance is greater than the required maximum (maximum: 300, found: 301)]",
    ],
    [
      "what has to be said is asked for, by name",
      "CreatePipe",
      { Target: undefined, RoleArn: undefined },
      '[object has missing required properties (["RoleArn","Target"])]',
    ],
    [
      "a state is one of those that there are",
      "CreatePipe",
      { DesiredState: "PAUSED" as never },
      '[instance value ("PAUSED") not found in enum (possible values: ["RUNNING","STOPPED"])]',
    ],
    [
      "a text has a length",
      "CreatePipe",
      { Description: "x".repeat(513) },
      `[string "${"x".repeat(513)}" is too long (length: 513, maximum allowed: 512)]`,
    ],
    [
      "there are at most five filters",
      "FilterCriteria",
      { SourceParameters: { FilterCriteria: { Filters: Array(6).fill({ Pattern: '{"a":[1]}' }) } } },
      "[array is too long: must have at most 5 elements but instance has 6 elements]",
    ],
  ];
  for (const [what, page, more, message] of wrong) {
    behaviour(what, api(page), async () => {
      await expect(create(more)).rejects.toMatchObject(invalid(message));
    });
  }
});
