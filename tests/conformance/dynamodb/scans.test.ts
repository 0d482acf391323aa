import { BatchWriteItemCommand, ScanCommand } from "@aws-sdk/client-dynamodb";
import { beforeAll, expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { api, dynamodbOn, guide, type Item, N, S } from "./client.ts";

const cloud = conformanceCloud();
const { send, refusals, withTable } = dynamodbOn(cloud);
const TableName = "scans";
withTable(TableName);

const names = ["1668", "3435", "228", "3635", "a", "b", "c", "d"];
beforeAll(() =>
  send(
    new BatchWriteItemCommand({
      RequestItems: {
        [TableName]: names.map((name) => ({ PutRequest: { Item: { p: S(name), s: N(1) } } })),
      },
    }),
  ),
);

async function found(more: object = {}): Promise<string[]> {
  const all: string[] = [];
  let ExclusiveStartKey: Item | undefined;
  do {
    const { Items, LastEvaluatedKey } = await send(
      new ScanCommand({ TableName, Limit: 3, ...more, ExclusiveStartKey }),
    );
    all.push(...Items!.map(({ p }) => p!.S!));
    ExclusiveStartKey = LastEvaluatedKey;
  } while (ExclusiveStartKey);
  return all;
}

const parallel = guide("Scan");

for (const [Segment, expected] of [
  [0, ["3635", "228"]],
  [1, ["1668"]],
  [4, ["3435"]],
  [2, []],
] as const)
  behaviour(
    `segment ${Segment} of 4096 contains ${expected.join(" and ") || "nothing"}`,
    parallel,
    async () => {
      expect(await found({ Segment, TotalSegments: 4_096 })).toEqual(expected);
    },
  );

behaviour("a paged scan returns every item once, in hash order", api("Scan"), async () => {
  const all = await found();
  expect(all.toSorted()).toEqual(names.toSorted());
  expect(all.slice(0, 4)).toEqual(["3635", "228", "1668", "3435"]);
});

for (const TotalSegments of [1, 2, 3, 7])
  behaviour(`${TotalSegments} segments together contain the whole table`, parallel, async () => {
    const parts = await Promise.all(
      Array.from({ length: TotalSegments }, (_, Segment) => found({ Segment, TotalSegments })),
    );
    expect(parts.flat()).toEqual(await found());
  });

refusals(parallel, [
  [
    "Scan",
    {
      TableName,
      Segment: 1,
      TotalSegments: 2,
      ExclusiveStartKey: { p: S("3635"), s: N(1) },
    },
    "The provided starting key is invalid: Invalid ExclusiveStartKey. Please use ExclusiveStartKey with correct Segment. TotalSegments: 2 Segment: 1",
  ],
]);
