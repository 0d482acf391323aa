import { measured } from "./client.ts";

export const THROUGHPUT = measured("table-throughput-billing");
export const INDEXES = measured("table-indexes");
export const SETTINGS = measured("table-streams-encryption-class");

export const units = (ReadCapacityUnits: number, WriteCapacityUnits = ReadCapacityUnits) => ({
  ReadCapacityUnits,
  WriteCapacityUnits,
});
export const onDemand = (MaxReadRequestUnits: number, MaxWriteRequestUnits: number) => ({
  MaxReadRequestUnits,
  MaxWriteRequestUnits,
});
export const PROVISIONED = { BillingMode: "PROVISIONED" as const, ProvisionedThroughput: units(5) };

export const attribute = (AttributeName: string) => ({ AttributeName, AttributeType: "S" as const });
/** An index on attribute `b`. */
export const index = (IndexName: string, more: object = {}) => ({
  IndexName,
  KeySchema: [{ AttributeName: "b", KeyType: "HASH" as const }],
  Projection: { ProjectionType: "ALL" as const },
  ...more,
});
/** A table whose partition key is the attribute `a`, and one that can also have an index. */
export const base = {
  AttributeDefinitions: [attribute("a")],
  KeySchema: [{ AttributeName: "a", KeyType: "HASH" as const }],
  BillingMode: "PAY_PER_REQUEST" as const,
};
export const indexed = { ...base, AttributeDefinitions: [attribute("b"), attribute("a")] };
