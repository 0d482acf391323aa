import { gunzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { AwsError } from "#aws/errors.ts";
import { defineService } from "#kernel/service.ts";
import { TEST_START, type TestCloud, testCloud } from "#kernel/testing.ts";
import type { Body } from "#lib/body.ts";
import { openMemory } from "#storage/kv/memory.ts";
import { packed, unpacked } from "./records/frames.ts";
import { firehose } from "./service.ts";

const RoleARN = "arn:aws:iam::000000000000:role/delivery";
const BucketARN = "arn:aws:s3:::box";
const DeliveryStreamName = "stream";

/** The bucket's objects; the bucket refuses writes while it does not exist. */
const objects: Record<string, string> = {};
let isThere = true;
/** Whether the bucket stores objects but its responses are lost. */
let isCutShort = false;
const s3 = defineService({
  id: "s3",
  operations: [
    {
      async PutObject(_, { Key, Body }) {
        if (!isThere)
          throw new AwsError("NoSuchBucket", "The specified bucket does not exist", { status: 404 });
        objects[Key] = Buffer.from(await (Body as Body).bytes(2 ** 30)).toString();
        if (isCutShort)
          throw new AwsError("InternalError", "We encountered an internal error.", { status: 500 });
        return {};
      },
    },
  ],
  access: { PutObject: () => [{ action: "s3:PutObject", resource: "*" }] },
});

let nube: TestCloud;
let store: ReturnType<typeof openMemory>;
beforeEach(async () => {
  store = openMemory();
  nube = await testCloud([firehose, s3], { store });
  for (const key of Object.keys(objects)) delete objects[key];
  isThere = true;
});
afterEach(async () => {
  vi.unstubAllGlobals();
  await nube.close();
});

const put = (data: string) =>
  nube.aws.firehose.PutRecord({ DeliveryStreamName, Record: { Data: Buffer.from(data) } });

test("records are split across full rows and reassembled", () => {
  const records = [700_000, 1, 2_500_000, 0].map((size, arrival) => ({
    arrival,
    data: Buffer.alloc(size, String(arrival)),
  }));
  const rows = packed(records);
  expect(rows.length).toBe(4);
  expect(Math.max(...rows.map(({ length }) => length))).toBe(2 ** 20);
  expect(unpacked(rows)).toEqual(records);
});

describe("a batch", () => {
  beforeEach(async () => {
    await nube.aws.firehose.CreateDeliveryStream({
      DeliveryStreamName,
      S3DestinationConfiguration: {
        RoleARN,
        BucketARN,
        BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 60 },
      },
    });
  });

  test("survives a restart of the cloud", async () => {
    await put("one");
    await nube.cloud.close();
    nube = await testCloud([firehose, s3], { store, wall: () => TEST_START + 1_000 });
    await put("two");
    await nube.advance("60s");
    expect(Object.values(objects)).toEqual(["onetwo"]);
  });

  test("is written to the same objects when its delivery is repeated, even after an update of the stream", async () => {
    await put("one");
    await nube.advance("59s");
    isCutShort = true;
    await nube.advance("2s");
    await nube.aws.firehose.UpdateDestination({
      DeliveryStreamName,
      CurrentDeliveryStreamVersionId: "1",
      DestinationId: "destinationId-000000000001",
      ExtendedS3DestinationUpdate: { BufferingHints: { SizeInMBs: 2, IntervalInSeconds: 60 } },
    });
    isCutShort = false;
    await nube.advance("10m");
    expect(Object.values(objects)).toEqual(["one"]);
    expect(Object.keys(objects)[0]).toContain("stream-1-");
  });

  test("is discarded with its stream", async () => {
    await put("one");
    await nube.aws.firehose.DeleteDeliveryStream({ DeliveryStreamName });
    await nube.advance("61s");
    expect(objects).toEqual({});
  });

  test("is discarded after a day of failed deliveries", async () => {
    isThere = false;
    await put("one");
    await nube.advance("26h");
    isThere = true;
    await nube.advance("2h");
    expect(objects).toEqual({});
  });

  test("is retried for a day, not counting the time that the cloud was stopped", async () => {
    isThere = false;
    await put("one");
    await nube.advance("2h");
    await nube.cloud.close();
    nube = await testCloud([firehose, s3], { store, wall: () => TEST_START + 50 * 3_600_000 });
    await nube.advance("20h");
    isThere = true;
    await nube.advance("2h");
    expect(Object.values(objects)).toEqual(["one"]);
  });
});

test("deaggregated documents are delivered in several objects of at most 100,000 documents", async () => {
  await nube.aws.firehose.CreateDeliveryStream({
    DeliveryStreamName,
    ExtendedS3DestinationConfiguration: {
      RoleARN,
      BucketARN,
      Prefix: "!{partitionKeyFromQuery:n}/",
      ErrorOutputPrefix: "bad/!{firehose:error-output-type}/",
      BufferingHints: { SizeInMBs: 64, IntervalInSeconds: 60 },
      DynamicPartitioningConfiguration: { Enabled: true },
      ProcessingConfiguration: {
        Enabled: true,
        Processors: [
          {
            Type: "RecordDeAggregation",
            Parameters: [{ ParameterName: "SubRecordType", ParameterValue: "JSON" }],
          },
          {
            Type: "MetadataExtraction",
            Parameters: [
              { ParameterName: "MetadataExtractionQuery", ParameterValue: "{n: .n}" },
              { ParameterName: "JsonParsingEngine", ParameterValue: "JQ-1.6" },
            ],
          },
        ],
      },
    },
  });
  const Data = Buffer.from('{"n":1}'.repeat(500));
  await nube.aws.firehose.PutRecordBatch({ DeliveryStreamName, Records: Array(250).fill({ Data }) });
  await nube.advance("61s");
  const sizes = Object.values(objects).map(({ length }) => length / '{"n":1}'.length);
  expect(sizes.sort()).toEqual([100_000, 25_000]);
});

describe("an HTTP endpoint", () => {
  interface Sent {
    headers: Record<string, string>;
    body: { requestId: string; timestamp: number; records: { data: string }[] };
  }
  const sent: Sent[] = [];
  let answer: (requestId: string) => Response | Promise<Response>;

  const thrown = (error: object) => {
    throw Object.assign(new Error("away"), error);
  };
  const yes = (requestId: string) => Response.json({ requestId, timestamp: 1 });

  beforeEach(() => {
    sent.length = 0;
    answer = yes;
    vi.stubGlobal(
      "fetch",
      async (_: string, { headers, body }: { headers: Sent["headers"]; body: string }) => {
        const text = headers["content-encoding"] === "gzip" ? gunzipSync(body).toString() : body;
        sent.push({ headers, body: JSON.parse(text) });
        return answer(sent.at(-1)!.body.requestId);
      },
    );
  });

  const down = () => new Response("down", { status: 500 });
  /** The lines of all objects in the bucket. */
  const lines = () =>
    Object.values(objects).flatMap((text): { rawData: string; attemptsMade: number }[] =>
      text
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line)),
    );
  const putMany = async (count: number) => {
    for (let from = 0; from < count; from += 500) {
      const Records = Array.from({ length: 500 }, (_, at) => ({ Data: Buffer.from(String(from + at)) }));
      await nube.aws.firehose.PutRecordBatch({ DeliveryStreamName, Records });
    }
  };

  const create = (more: object = {}) =>
    nube.aws.firehose.CreateDeliveryStream({
      DeliveryStreamName,
      HttpEndpointDestinationConfiguration: {
        EndpointConfiguration: { Url: "https://example.test/in", AccessKey: "secret" },
        BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 10 },
        S3Configuration: { RoleARN, BucketARN },
        ...more,
      },
    });

  test.each(["NONE", "GZIP"] as const)(
    "receives requests in AWS's format, with content encoding %s",
    async (ContentEncoding) => {
      await create({
        RequestConfiguration: {
          ContentEncoding,
          CommonAttributes: [{ AttributeName: "team", AttributeValue: "blue" }],
        },
      });
      await put("one");
      await put("two");
      await nube.advance("11s");
      expect(sent).toHaveLength(1);
      const [{ headers, body }] = sent as [Sent];
      expect(headers).toMatchObject({
        "content-type": "application/json",
        "x-amz-firehose-protocol-version": "1.0",
        "x-amz-firehose-request-id": body.requestId,
        "x-amz-firehose-source-arn": "arn:aws:firehose:us-east-1:000000000000:deliverystream/stream",
        "x-amz-firehose-access-key": "secret",
        "x-amz-firehose-common-attributes": '{"commonAttributes":{"team":"blue"}}',
      });
      expect(body.records.map(({ data }) => Buffer.from(data, "base64").toString())).toEqual(["one", "two"]);
      expect(body.timestamp).toBeGreaterThan(TEST_START);
      expect(objects).toEqual({});
    },
  );

  test("receives attributes with non-Latin characters in UTF-8", async () => {
    const AttributeValue = "größe 🔑";
    await create({
      EndpointConfiguration: { Url: "https://example.test/in", AccessKey: "schlüssel €" },
      RequestConfiguration: { CommonAttributes: [{ AttributeName: "€", AttributeValue }] },
    });
    await put("one");
    await nube.advance("11s");
    // Throws for values that no header can have.
    const headers = new Headers(sent[0]!.headers);
    const textOf = (name: string) => Buffer.from(headers.get(name)!, "latin1").toString();
    expect(textOf("x-amz-firehose-access-key")).toBe("schlüssel €");
    expect(JSON.parse(textOf("x-amz-firehose-common-attributes"))).toEqual({
      commonAttributes: { "€": AttributeValue },
    });
  });

  test.each([
    ["an error", () => new Response("down", { status: 500 })],
    ["another request's id", () => Response.json({ requestId: "other" })],
    ["text that is not JSON", () => new Response("fine")],
    [
      "JSON of another content type",
      () => new Response(JSON.stringify({ requestId: sent.at(-1)!.body.requestId, timestamp: 1 })),
    ],
    [
      "a timestamp that is a string",
      () => Response.json({ requestId: sent.at(-1)!.body.requestId, timestamp: "1" }),
    ],
    [
      "an unexpected member",
      () => Response.json({ requestId: sent.at(-1)!.body.requestId, timestamp: 1, more: true }),
    ],
    ["no timestamp", () => Response.json({ requestId: sent.at(-1)!.body.requestId })],
    [
      "a compressed body",
      () =>
        Response.json(
          { requestId: sent.at(-1)!.body.requestId, timestamp: 1 },
          { headers: { "content-encoding": "gzip" } },
        ),
    ],
  ])("that responds with %s receives the same request again", async (_, no) => {
    await create();
    answer = no;
    await put("one");
    await nube.advance("10500ms");
    answer = yes;
    await nube.advance("10s");
    expect(sent).toHaveLength(2);
    expect(sent[1]!.body.requestId).toBe(sent[0]!.body.requestId);
    await nube.advance("1h");
    expect(sent).toHaveLength(2);
    expect(objects).toEqual({});
  });

  test("is retried with exponential backoff, at most every two minutes", async () => {
    await create({ RetryOptions: { DurationInSeconds: 7_200 } });
    const times: number[] = [];
    answer = () => {
      times.push(sent.at(-1)!.body.timestamp);
      return new Response("down", { status: 500 });
    };
    await put("one");
    await nube.advance("20m");
    const waits = times.slice(1).map((time, at) => Math.round((time - times[at]!) / 1_000));
    expect(waits.slice(0, 10)).toEqual([1, 2, 4, 8, 16, 32, 64, 120, 120, 120]);
  });

  test("receives up to 10,000 records per request, and no accepted request again", async () => {
    await create({ BufferingHints: { SizeInMBs: 64, IntervalInSeconds: 10 } });
    await putMany(20_500);
    answer = (requestId) => (sent.length === 2 ? new Response("down", { status: 500 }) : yes(requestId));
    await nube.advance("1m");
    expect(sent.map(({ body }) => body.records.length)).toEqual([10_000, 10_000, 10_000, 500]);
    const ids = sent.map(({ body }) => body.requestId);
    expect(ids[1]).toBe(ids[2]);
    expect(new Set(ids).size).toBe(3);
    expect(objects).toEqual({});
  });

  test("that fails for the retry duration has its records written to the bucket", async () => {
    await create({ RetryOptions: { DurationInSeconds: 20 } });
    answer = () => new Response("down", { status: 500 });
    await put("one");
    await nube.advance("2m");
    const attempts = sent.length;
    expect(attempts).toBeGreaterThan(1);
    const [[key, lines]] = Object.entries(objects) as [[string, string]];
    expect(key).toMatch(/^http-endpoint-failed\/2026\/01\/01\/00\/stream-1-/);
    expect(JSON.parse(lines)).toMatchObject({
      attemptsMade: attempts,
      errorCode: "HttpEndpoint.DestinationException",
      rawData: Buffer.from("one").toString("base64"),
    });
  });

  test("that fails has all requests of a batch written to the bucket after one retry duration", async () => {
    await create({
      BufferingHints: { SizeInMBs: 64, IntervalInSeconds: 10 },
      RetryOptions: { DurationInSeconds: 7_200 },
    });
    await putMany(20_500);
    answer = down;
    await nube.advance("130m");
    expect(lines().map(({ rawData }) => Number(Buffer.from(rawData, "base64")))).toEqual(
      Array.from({ length: 20_500 }, (_, at) => at),
    );
    const tries = sent.filter(({ body }) => body.records.length === 10_000).length - 1;
    const attempts = lines().map(({ attemptsMade }) => attemptsMade);
    expect([attempts[0], attempts[10_000], attempts[20_000]]).toEqual([tries, 1, 1]);
  });

  test("has a new retry duration for the requests after an accepted one", async () => {
    await create({
      BufferingHints: { SizeInMBs: 64, IntervalInSeconds: 10 },
      RetryOptions: { DurationInSeconds: 60 },
    });
    await putMany(20_500);
    answer = down;
    await nube.advance("1m");
    answer = (requestId) => (sent.at(-1)!.body.records.length === 500 ? down() : yes(requestId));
    await nube.advance("40s");
    answer = yes;
    await nube.advance("5m");
    expect(sent.at(-1)!.body.records).toHaveLength(500);
    expect(objects).toEqual({});
  });

  describe("that is down when the cloud restarts a day after a crash", () => {
    beforeEach(async () => {
      await create();
      const Records = ["a", "b"].map((letter) => ({ Data: Buffer.alloc(1_000 * 1_024, letter) }));
      const silence = new Promise<never>(() => {});
      answer = () => silence;
      await nube.aws.firehose.PutRecordBatch({ DeliveryStreamName, Records });
      await vi.waitFor(() => expect(sent).toHaveLength(1));
      // The first process never responds again.
      nube = await testCloud([firehose, s3], { store, wall: () => TEST_START + 25 * 3_600_000 });
      answer = down;
    });
    const delivered = () => lines().map(({ rawData }) => Buffer.from(rawData, "base64").toString()[0]);

    test("has the batch of the day before written to the bucket", async () => {
      await nube.advance("1m");
      expect(sent).toHaveLength(2);
      expect(delivered()).toEqual(["a", "b"]);
    });

    test("has that batch written to the bucket even if the bucket is missing at first", async () => {
      isThere = false;
      await nube.advance("1m");
      isThere = true;
      await nube.advance("1h");
      expect(delivered()).toEqual(["a", "b"]);
    });
  });

  test("receives nothing twice while the backup of all data fails", async () => {
    await create({ S3BackupMode: "AllData" });
    isThere = false;
    await put("one");
    await nube.advance("2h");
    isThere = true;
    await nube.advance("2h");
    expect(sent).toHaveLength(1);
    expect(Object.values(objects)).toEqual(["one"]);
  });

  test("has all attempts counted while the bucket is missing", async () => {
    await create({ RetryOptions: { DurationInSeconds: 0 } });
    answer = down;
    isThere = false;
    await put("one");
    await nube.advance("1m");
    isThere = true;
    await nube.advance("1h");
    expect(sent.length).toBeGreaterThan(1);
    expect(lines()).toMatchObject([{ attemptsMade: sent.length }]);
  });

  test.each([
    ["an invalid response", () => Response.json({ requestId: null }), "InvalidResponseFromDestination"],
    ["a timeout", () => thrown({ name: "TimeoutError" }), "RequestTimeout"],
    ["a connection reset", () => thrown({ cause: { code: "ECONNRESET" } }), "ConnectionReset"],
    [
      "an untrusted certificate",
      () => thrown({ cause: { code: "DEPTH_ZERO_SELF_SIGNED_CERT" } }),
      "SSLHandshakeFailure",
    ],
    ["a refused connection", () => thrown({ cause: { code: "ECONNREFUSED" } }), "ConnectionFailed"],
  ])("has its failure reported with an error code: %s", async (_, no, code) => {
    await create({ RetryOptions: { DurationInSeconds: 0 } });
    answer = no;
    await put("one");
    await nube.advance("11s");
    expect(sent).toHaveLength(1);
    const [lines] = Object.values(objects);
    expect(JSON.parse(lines!)).toMatchObject({ attemptsMade: 1, errorCode: `HttpEndpoint.${code}` });
  });

  test("receives all records, and so does the bucket if all data is backed up", async () => {
    await create({ S3BackupMode: "AllData" });
    await put("one");
    await nube.advance("11s");
    expect(Object.values(objects)).toEqual(["one"]);
    expect(sent).toHaveLength(1);
  });
});

test("every operation declares its required permissions", () => {
  expect([...firehose.access.keys()].sort()).toEqual([...firehose.operations.keys()].sort());
});
