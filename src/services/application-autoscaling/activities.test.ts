import { expect, test } from "vitest";
import { defineService } from "#kernel/service.ts";
import { testCloud } from "#kernel/testing.ts";
import { applicationAutoScaling } from "./service.ts";

let capacity = { ReadCapacityUnits: 1, WriteCapacityUnits: 1 };

/** A stub of DynamoDB with one table, whose capacity can be changed. */
const dynamodb = defineService({
  id: "dynamodb",
  operations: [
    {
      async DescribeTable() {
        return { Table: { ProvisionedThroughput: capacity } };
      },
      async UpdateTable(_, { ProvisionedThroughput }) {
        capacity = ProvisionedThroughput!;
        return {};
      },
    },
  ],
  access: { DescribeTable: () => [], UpdateTable: () => [] },
});

test("activities are listed for six weeks", async () => {
  const { aws, advance, close } = await testCloud([applicationAutoScaling, dynamodb]);
  const autoScaling = aws["application-autoscaling"];
  await autoScaling.RegisterScalableTarget({
    ServiceNamespace: "dynamodb",
    ResourceId: "table/things",
    ScalableDimension: "dynamodb:table:ReadCapacityUnits",
    MinCapacity: 5,
    MaxCapacity: 10,
  });
  const listed = async () =>
    (await autoScaling.DescribeScalingActivities({ ServiceNamespace: "dynamodb" })).ScalingActivities;
  await advance("41d");
  expect(await listed()).toMatchObject([{ Description: "Setting read capacity units to 5." }]);
  await advance("1d");
  expect(await listed()).toEqual([]);
  await close();
});
