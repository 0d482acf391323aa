import {
  DescribeDeliveryStreamCommand,
  PutRecordBatchCommand,
  UpdateDestinationCommand,
} from "@aws-sdk/client-firehose";
import { expect } from "vitest";
import { behaviour, conformanceCloud, doc } from "../cloud.ts";
import { firehoseOf, guide, invalid, notImplemented, processing } from "./firehose.ts";

const cloud = conformanceCloud();
const { send, stream } = firehoseOf(cloud);

const PARTITIONS = guide("dynamic-partitioning");

const partitioning = (query: string, ...more: ReturnType<typeof processing>[]) => ({
  Prefix: "kind=!{partitionKeyFromQuery:kind}/",
  ErrorOutputPrefix: "bad/!{firehose:error-output-type}/",
  BufferingHints: { SizeInMBs: 64, IntervalInSeconds: 60 },
  DynamicPartitioningConfiguration: { Enabled: true },
  ProcessingConfiguration: {
    Enabled: true,
    Processors: [
      ...more,
      processing("MetadataExtraction", { MetadataExtractionQuery: query, JsonParsingEngine: "JQ-1.6" }),
    ],
  },
});
const byPrefix = (objects: Map<string, string>) =>
  Object.fromEntries([...objects].map(([key, text]) => [key.slice(0, key.lastIndexOf("/") + 1), text]));

const rawIn = (line: string) => Buffer.from(JSON.parse(line).rawData, "base64").toString();

behaviour("an update cannot disable dynamic partitioning", PARTITIONS, async () => {
  const { DeliveryStreamName } = await stream(partitioning("{kind: .kind}"));
  await expect(
    send(
      new UpdateDestinationCommand({
        DeliveryStreamName,
        CurrentDeliveryStreamVersionId: "1",
        DestinationId: "destinationId-000000000001",
        ExtendedS3DestinationUpdate: {
          Prefix: "plain/",
          DynamicPartitioningConfiguration: { Enabled: false },
          ProcessingConfiguration: { Enabled: false },
        },
      }),
    ),
  ).rejects.toMatchObject(invalid(expect.any(String)));
});

behaviour("records are delivered to the partition of their key", PARTITIONS, async () => {
  const { put, delivered } = await stream(partitioning('{"kind": .about["kind"]}'));
  for (const kind of ["cat", "dog", "cat"]) await put(JSON.stringify({ about: { kind } }));
  expect(byPrefix(await delivered())).toEqual({
    "kind=cat/": '{"about":{"kind":"cat"}}{"about":{"kind":"cat"}}',
    "kind=dog/": '{"about":{"kind":"dog"}}',
  });
});

behaviour(
  "a buffer has at most 500 partitions, and further records go to the error prefix",
  guide("dynamic-partitioning"),
  async () => {
    const { DeliveryStreamName, delivered } = await stream(partitioning("{kind: .kind}"));
    for (let from = 0; from < 502; from += 251)
      await send(
        new PutRecordBatchCommand({
          DeliveryStreamName,
          Records: Array.from({ length: 251 }, (_, at) => ({ Data: Buffer.from(`{"kind":${from + at}}`) })),
        }),
      );
    const objects = [...(await delivered())];
    const failed = objects.filter(([key]) => key.includes("activePartitionExceeded"));
    expect(objects.length - failed.length).toBe(500);
    expect(failed.flatMap(([, lines]) => lines.trim().split("\n")).map(rawIn)).toEqual([
      '{"kind":500}',
      '{"kind":501}',
    ]);
  },
);

for (const [what, kind, source] of [
  ["too long for an object name", "x".repeat(1_000), guide("dynamic-partitioning-error-handling")],
  ["that leads out of the bucket", "a/../../..", doc("AmazonS3/latest/userguide/object-keys.html")],
] as const)
  behaviour(`a partition ${what} is an error, and other partitions are delivered`, source, async () => {
    const { put, delivered } = await stream(partitioning("{kind: .kind}"));
    const refused = JSON.stringify({ kind });
    await put(refused);
    await put('{"kind":"a"}');
    const [[failed, lines], [key, object]] = [...(await delivered())].sort() as [
      [string, string],
      [string, string],
    ];
    expect(failed).toContain("metadata-extraction-failed");
    expect(rawIn(lines)).toBe(refused);
    expect(key).toContain("kind=a/");
    expect(object).toBe('{"kind":"a"}');
  });

behaviour(
  "jq parses at most 256 levels of a document",
  "https://github.com/jqlang/jq/blob/jq-1.6/src/jv_parse.c",
  async () => {
    const { put, delivered } = await stream(
      partitioning('{kind: (if .a == .b then "same" else "other" end)}'),
    );
    const nested = (levels: number) => `${"[".repeat(levels)}${"]".repeat(levels)}`;
    const document = (levels: number) => `{"a":${nested(levels)},"b":${nested(levels)}}`;
    await put(document(255));
    await put(document(256));
    await put(document(200_000));
    const objects = await delivered();
    expect([...objects.values()]).toContain(document(255));
    const failures = [...objects].find(([key]) => key.includes("metadata-extraction-failed"))![1].trim();
    expect(failures.split("\n").map((line) => JSON.parse(line).errorMessage)).toEqual([
      "Non JSON record provided",
      "Non JSON record provided",
    ]);
  },
);

behaviour(
  "jq expressions compute partition keys",
  guide("dynamic-partitioning-partitioning-keys"),
  async () => {
    for (const [query, prefix] of [
      ['{kind: (.type.device + "-" + (.event_timestamp | strftime("%Y/%m")))}', "kind=mobile-2019/08/"],
      ["{kind: .time[0:4]}", "kind=2023/"],
      ['{kind: (.time | sub("T.*"; "") | gsub("-"; "/"))}', "kind=2023/05/26/"],
      ['{kind: (.time | gsub("T.*+"; "") | strptime("%Y-%m-%d") | strftime("%d"))}', "kind=26/"],
      ["{kind: (.message | fromjson | .level)}", "kind=info/"],
      ['{kind: ([.tags[] | select(startswith("team:"))][0] | ltrimstr("team:"))}', "kind=blue/"],
    ]) {
      const { put, delivered } = await stream(partitioning(query!));
      await put(
        JSON.stringify({
          type: { device: "mobile" },
          event_timestamp: 1_565_382_027,
          time: "2023-05-26T09:04:46+09:00",
          message: '{"level":"info"}',
          tags: ["env:test", "team:blue"],
        }),
      );
      expect(Object.keys(byPrefix(await delivered()))).toEqual([prefix]);
    }
  },
);

behaviour("records without partition keys go to the error prefix", PARTITIONS, async () => {
  const { put, delivered } = await stream(partitioning("{kind: .kind}"));
  for (const text of ["no JSON", '{"other":1}', '{"kind":7}']) await put(text);
  const objects = byPrefix(await delivered());
  expect(objects["kind=7/"]).toBe('{"kind":7}');
  const failures = objects["bad/metadata-extraction-failed/"]!.trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(failures.map(({ rawData }) => Buffer.from(rawData, "base64").toString())).toEqual([
    "no JSON",
    '{"other":1}',
  ]);
  expect(failures[0]).toEqual({
    attemptsMade: 1,
    arrivalTimestamp: expect.any(Number),
    errorCode: "DynamicPartitioning.MetadataExtractionFailed",
    errorMessage: "Non JSON record provided",
    attemptEndingTimestamp: expect.any(Number),
    rawData: expect.any(String),
  });
  expect(failures[1].errorMessage).toBe("partitionKeys values must not be null or empty");
});

behaviour("a partition key must have exactly one value", PARTITIONS, async () => {
  const { put, delivered } = await stream(partitioning("{kind: .kinds[]}"));
  for (const kinds of [["a"], [], ["b", "c"]]) await put(JSON.stringify({ kinds }));
  const objects = byPrefix(await delivered());
  expect(objects["kind=a/"]).toBe('{"kinds":["a"]}');
  expect(objects["bad/metadata-extraction-failed/"]!.trim().split("\n").map(rawIn)).toEqual([
    '{"kinds":[]}',
    '{"kinds":["b","c"]}',
  ]);
});

behaviour(
  "error type and hour follow an error prefix without expressions",
  guide("s3-prefixes"),
  async () => {
    const { put, delivered } = await stream({ ...partitioning("{kind: .kind}"), ErrorOutputPrefix: "bad/" });
    await put("no JSON");
    const [key] = (await delivered()).keys();
    expect(key).toMatch(/^bad\/metadata-extraction-failed\/\d{4}\/\d\d\/\d\d\/\d\d\/[^/]+$/);
  },
);

behaviour(
  "a record with more than 500 documents is not deaggregated",
  guide("dynamic-partitioning-multirecord-deaggergation"),
  async () => {
    const { put, delivered } = await stream(
      partitioning("{kind: .kind}", processing("RecordDeAggregation", { SubRecordType: "JSON" })),
    );
    await put('{"kind":"a"}'.repeat(500));
    await put('{"kind":"b"}'.repeat(501));
    expect(Object.keys(byPrefix(await delivered())).sort()).toEqual([
      "bad/metadata-extraction-failed/",
      "kind=a/",
    ]);
  },
);

behaviour("the documents of one record go to their own partitions", PARTITIONS, async () => {
  const { put, delivered } = await stream(
    partitioning("{kind: .kind}", processing("RecordDeAggregation", { SubRecordType: "JSON" })),
  );
  await put('{"kind":"a","t":"}"}{"kind":"b"} {"kind":"a"}');
  expect(byPrefix(await delivered())).toEqual({
    "kind=a/": '{"kind":"a","t":"}"}{"kind":"a"}',
    "kind=b/": '{"kind":"b"}',
  });
});

behaviour("delimited records in one record are deaggregated", PARTITIONS, async () => {
  const Delimiter = Buffer.from("##").toString("base64");
  const { put, delivered } = await stream(
    partitioning(
      "{kind: .kind}",
      processing("RecordDeAggregation", { SubRecordType: "DELIMITED", Delimiter }),
    ),
  );
  await put('{"kind":"a"}##{"kind":"b"}');
  expect(byPrefix(await delivered())).toEqual({ "kind=a/": '{"kind":"a"}', "kind=b/": '{"kind":"b"}' });
});

/** Messages observed from AWS; its documentation has only the rules. */
const PREFLIGHT = "https://github.com/badmintoncryer/cdk-preflight/tree/main/rules/firehose";
const CDK =
  "https://github.com/aws/aws-cdk/blob/main/packages/aws-cdk-lib/aws-kinesisfirehose/lib/private/helpers.ts";
for (const [what, source, settings, error] of [
  [
    "dynamic partitioning requires a buffer of at least 64 MiB",
    PREFLIGHT,
    { BufferingHints: { SizeInMBs: 63, IntervalInSeconds: 60 } },
    invalid("BufferingHints.SizeInMBs must be at least 64 when Dynamic Partitioning is enabled."),
  ],
  [
    "dynamic partitioning requires a buffer interval of at least a minute",
    CDK,
    { BufferingHints: { SizeInMBs: 64, IntervalInSeconds: 59 } },
    invalid(
      "BufferingHints.IntervalInSeconds must be at least 60 seconds when Dynamic Partitioning is enabled.",
    ),
  ],
  [
    "dynamic partitioning requires processing",
    CDK,
    { ProcessingConfiguration: undefined },
    invalid("Processing Configuration is not enabled when DataPartitioning is enabled"),
  ],
  [
    "dynamic partitioning requires enabled processing",
    CDK,
    { ProcessingConfiguration: { Enabled: false } },
    invalid("Processing Configuration is not enabled when DataPartitioning is enabled"),
  ],
  [
    "partitionKeyFromQuery requires a MetadataExtraction processor",
    CDK,
    { ProcessingConfiguration: { Enabled: true, Processors: [processing("AppendDelimiterToRecord")] } },
    invalid(
      "MetadataExtraction processor should be present when S3 Prefix has partitionKeyFromQuery namespace",
    ),
  ],
  [
    "partitionKeyFromLambda requires a Lambda processor",
    CDK,
    { Prefix: "!{partitionKeyFromQuery:kind}/!{partitionKeyFromLambda:size}/" },
    invalid("Lambda should be present when S3 Prefix contains keys from partitionKeyFromLambda namespace"),
  ],
  [
    "partitionKeyFromQuery requires dynamic partitioning",
    CDK,
    { DynamicPartitioningConfiguration: undefined },
    invalid(
      "Dynamic Partitioning Namespaces can only be part of a prefix expression when Dynamic Partitioning is enabled.",
    ),
  ],
  [
    "partitionKeyFromLambda requires dynamic partitioning",
    CDK,
    { DynamicPartitioningConfiguration: undefined, Prefix: "!{partitionKeyFromLambda:kind}/" },
    invalid(
      "Dynamic Partitioning Namespaces can only be part of a prefix expression when Dynamic Partitioning is enabled.",
    ),
  ],
  [
    "an error prefix refuses partitionKeyFromLambda",
    CDK,
    { ErrorOutputPrefix: "!{partitionKeyFromLambda:kind}/!{firehose:error-output-type}/" },
    invalid("Dynamic Partitioning Namespaces can't be part of an error prefix expression"),
  ],
  [
    "dynamic partitioning requires a prefix with partition keys",
    PREFLIGHT,
    { Prefix: "plain/" },
    invalid("S3 Prefix should contain Dynamic Partitioning namespaces when Dynamic Partitioning is enabled"),
  ],
  [
    "a prefix must contain all extracted keys",
    PREFLIGHT,
    { Prefix: "!{partitionKeyFromQuery:missing}/" },
    invalid(
      "MetaDataExtraction JQ Query can't contain keys that are not present in the S3 Prefix expression",
    ),
  ],
  [
    "a prefix refuses keys that are not extracted",
    PARTITIONS,
    { Prefix: "!{partitionKeyFromQuery:kind}/!{partitionKeyFromQuery:size}/" },
    invalid(expect.stringContaining("size")),
  ],
  [
    "queries with variables are not implemented",
    PARTITIONS,
    partitioning("{kind: (.a as $x | $x)}"),
    notImplemented,
  ],
] as const)
  behaviour(what, source, async () => {
    await expect(stream({ ...partitioning("{kind: .kind}"), ...(settings as object) })).rejects.toMatchObject(
      error,
    );
  });

behaviour("the default buffer size for dynamic partitioning is 128 MiB", CDK, async () => {
  for (const BufferingHints of [undefined, { IntervalInSeconds: 60 }]) {
    const { DeliveryStreamName } = await stream({ ...partitioning("{kind: .kind}"), BufferingHints });
    const { DeliveryStreamDescription } = await send(
      new DescribeDeliveryStreamCommand({ DeliveryStreamName }),
    );
    const [destination] = DeliveryStreamDescription!.Destinations!;
    expect(destination!.ExtendedS3DestinationDescription!.BufferingHints).toEqual({
      SizeInMBs: 128,
      IntervalInSeconds: BufferingHints?.IntervalInSeconds ?? 300,
    });
  }
});
