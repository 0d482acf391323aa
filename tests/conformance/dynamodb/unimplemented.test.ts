import { expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { api, dynamodbOn, guide } from "./client.ts";
import { outcome } from "./replicas.ts";
import { indexed } from "./table-shapes.ts";

/** Unimplemented operations and parameters are refused by name, never ignored. */
const { sendRaw, withTable } = dynamodbOn(conformanceCloud());
const TableName = "there";
withTable(TableName);

const refused = (operation: string, input: object) => outcome(sendRaw(operation, JSON.stringify(input)));
const byName = (name: string) => ["NotImplemented", expect.stringContaining(name)];

for (const operation of [
  "CancelBulkOperation",
  "DescribeBulkOperation",
  "ListBulkOperations",
  "SearchVectors",
  "StartBulkPutItems",
])
  behaviour(`${operation} is not implemented`, api(operation), async () => {
    expect(await refused(operation, {})).toEqual(byName(operation));
  });

const index = {
  IndexName: "by-meaning",
  VectorAttribute: { AttributeName: "v" },
  Projection: { ProjectionType: "ALL" },
  Dimensions: 3,
  DistanceFunction: "COSINE",
};
behaviour("CreateTable refuses a vector index as not implemented", api("CreateTable"), async () => {
  const table = { ...indexed, TableName: "vectors", VectorIndexes: [index] };
  expect(await refused("CreateTable", table)).toEqual(byName("VectorIndexes"));
  expect((await refused("DescribeTable", { TableName: "vectors" }))[0]).toBe("ResourceNotFoundException");
});
behaviour("UpdateTable refuses a vector index as not implemented", api("UpdateTable"), async () => {
  const update = { TableName, VectorIndexUpdates: [{ Create: index }] };
  expect(await refused("UpdateTable", update)).toEqual(byName("VectorIndexUpdates"));
});

behaviour(
  "an incremental export in Amazon Ion is refused by name",
  guide("S3DataExport.Output"),
  async () => {
    const incremental = {
      TableArn: `arn:aws:dynamodb:us-east-1:000000000000:table/${TableName}`,
      S3Bucket: "bucket",
      ExportFormat: "ION",
      ExportType: "INCREMENTAL_EXPORT",
      IncrementalExportSpecification: { ExportFromTime: 1_000_000_000 },
    };
    expect(await refused("ExportTableToPointInTime", incremental)).toEqual(byName("the export format ION"));
  },
);
