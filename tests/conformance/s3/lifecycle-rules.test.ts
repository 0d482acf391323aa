import { randomUUID } from "node:crypto";
import {
  CreateBucketCommand,
  DeleteBucketLifecycleCommand,
  GetBucketLifecycleConfigurationCommand,
  type LifecycleRule,
  PutBucketLifecycleConfigurationCommand,
  S3Client,
  type TransitionDefaultMinimumObjectSize,
} from "@aws-sdk/client-s3";
import { expect } from "vitest";
import { behaviour, conformanceCloud, doc } from "../cloud.ts";

const cloud = conformanceCloud();
let client: S3Client | undefined;
const s3 = () => (client ??= new S3Client({ ...cloud.client(), forcePathStyle: true }));

const api = (name: string) => doc(`AmazonS3/latest/API/API_${name}.html`);
const ELEMENTS = doc("AmazonS3/latest/userguide/intro-lifecycle-rules.html");
const TRANSITIONS = doc("AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html");

const MIDNIGHT = new Date("2030-01-01T00:00:00Z");

async function bucket(): Promise<string> {
  const Bucket = `rules-${randomUUID()}`;
  await s3().send(new CreateBucketCommand({ Bucket }));
  return Bucket;
}

const rule = (given: Partial<LifecycleRule>): LifecycleRule => ({
  ID: "rule",
  Status: "Enabled",
  ...("Prefix" in given ? {} : { Filter: { Prefix: "" } }),
  ...given,
});

const put = (Bucket: string, Rules: LifecycleRule[], minimum?: string) =>
  s3().send(
    new PutBucketLifecycleConfigurationCommand({
      Bucket,
      LifecycleConfiguration: { Rules },
      TransitionDefaultMinimumObjectSize: minimum as TransitionDefaultMinimumObjectSize,
    }),
  );
const get = (Bucket: string) => s3().send(new GetBucketLifecycleConfigurationCommand({ Bucket }));

// Accepted configurations

const tag = (Key: string, Value = "1") => ({ Key, Value });

for (const [what, given, source] of [
  ["a prefix", { Filter: { Prefix: "logs/" }, Expiration: { Days: 1 } }, api("LifecycleRuleFilter")],
  ["a tag", { Filter: { Tag: tag("a") }, Expiration: { Days: 1 } }, api("LifecycleRuleFilter")],
  [
    "a minimum size",
    { Filter: { ObjectSizeGreaterThan: 500 }, Expiration: { Days: 1 } },
    api("LifecycleRuleFilter"),
  ],
  [
    "a maximum size",
    { Filter: { ObjectSizeLessThan: 500 }, Expiration: { Days: 1 } },
    api("LifecycleRuleFilter"),
  ],
  [
    "a prefix, tags and sizes combined by And",
    {
      Filter: {
        And: { Prefix: "a", Tags: [tag("a"), tag("b")], ObjectSizeGreaterThan: 1, ObjectSizeLessThan: 9 },
      },
      Expiration: { Days: 1 },
    },
    api("LifecycleRuleAndOperator"),
  ],
  ["a prefix outside of a filter", { Prefix: "logs/", Expiration: { Days: 1 } }, api("LifecycleRule")],
  ["an expiration date", { Expiration: { Date: MIDNIGHT } }, api("LifecycleExpiration")],
  [
    "expiration of expired object delete markers",
    { Expiration: { ExpiredObjectDeleteMarker: true } },
    api("LifecycleExpiration"),
  ],
  [
    "several transitions",
    {
      Transitions: [
        { Days: 30, StorageClass: "STANDARD_IA" },
        { Days: 60, StorageClass: "GLACIER" },
        { Days: 150, StorageClass: "DEEP_ARCHIVE" },
      ],
    },
    api("Transition"),
  ],
  [
    "a transition after zero days",
    { Transitions: [{ Days: 0, StorageClass: "GLACIER_IR" }] },
    api("Transition"),
  ],
  [
    "expiration of all but the newest noncurrent versions",
    { NoncurrentVersionExpiration: { NoncurrentDays: 3, NewerNoncurrentVersions: 5 } },
    api("NoncurrentVersionExpiration"),
  ],
  [
    "a transition of noncurrent versions",
    { NoncurrentVersionTransitions: [{ NoncurrentDays: 30, StorageClass: "ONEZONE_IA" }] },
    api("NoncurrentVersionTransition"),
  ],
  [
    "expiration and transition of noncurrent versions at the same time, if it keeps the newest",
    {
      NoncurrentVersionTransitions: [{ NoncurrentDays: 30, StorageClass: "STANDARD_IA" }],
      NoncurrentVersionExpiration: { NoncurrentDays: 30, NewerNoncurrentVersions: 2 },
    },
    "https://github.com/hashicorp/terraform-provider-aws/issues/23228",
  ],
  [
    "an abort of incomplete multipart uploads",
    { AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 } },
    api("AbortIncompleteMultipartUpload"),
  ],
  ["the status Disabled", { Status: "Disabled", Expiration: { Days: 1 } }, ELEMENTS],
] as [string, Partial<LifecycleRule>, string][]) {
  behaviour(`a rule with ${what} is returned as it was put`, source, async () => {
    const Bucket = await bucket();
    const given_ = rule(given);
    await put(Bucket, [given_]);
    expect((await get(Bucket)).Rules).toEqual([given_]);
  });
}

behaviour("an empty filter applies to all objects", ELEMENTS, async () => {
  const Bucket = await bucket();
  await put(Bucket, [rule({ Filter: {}, Expiration: { Days: 1 } })]);
  expect((await get(Bucket)).Rules).toMatchObject([{ ID: "rule", Expiration: { Days: 1 } }]);
});

behaviour("a rule without an ID gets one", api("LifecycleRule"), async () => {
  const Bucket = await bucket();
  await put(Bucket, [rule({ ID: undefined, Expiration: { Days: 1 } })]);
  expect((await get(Bucket)).Rules![0]!.ID).toMatch(/^[A-Za-z0-9+/]{48}$/);
});

behaviour(
  "PutBucketLifecycleConfiguration replaces the existing configuration",
  api("PutBucketLifecycleConfiguration"),
  async () => {
    const Bucket = await bucket();
    await put(Bucket, [
      rule({ ID: "a", Expiration: { Days: 1 } }),
      rule({ ID: "b", Expiration: { Days: 2 } }),
    ]);
    await put(Bucket, [rule({ ID: "c", Expiration: { Days: 3 } })]);
    expect((await get(Bucket)).Rules!.map(({ ID }) => ID)).toEqual(["c"]);
  },
);

behaviour("a configuration has at most 1,000 rules", api("PutBucketLifecycleConfiguration"), async () => {
  const Bucket = await bucket();
  const rules = Array.from({ length: 1_001 }, (_, n) => rule({ ID: `${n}`, Expiration: { Days: 1 } }));
  await put(Bucket, rules.slice(1));
  expect((await get(Bucket)).Rules).toHaveLength(1_000);
  await expect(put(Bucket, rules)).rejects.toMatchObject({ $metadata: { httpStatusCode: 400 } });
});

behaviour("a bucket without rules has no configuration", api("GetBucketLifecycleConfiguration"), async () => {
  const Bucket = await bucket();
  const none = {
    name: "NoSuchLifecycleConfiguration",
    message: "The lifecycle configuration does not exist",
    BucketName: Bucket,
    $metadata: { httpStatusCode: 404 },
  };
  await expect(get(Bucket)).rejects.toMatchObject(none);
  await put(Bucket, [rule({ Expiration: { Days: 1 } })]);
  const deleted = await s3().send(new DeleteBucketLifecycleCommand({ Bucket }));
  expect(deleted.$metadata.httpStatusCode).toBe(204);
  await expect(get(Bucket)).rejects.toMatchObject(none);
});

behaviour("deleting a missing configuration succeeds", api("DeleteBucketLifecycle"), async () => {
  const deleted = await s3().send(new DeleteBucketLifecycleCommand({ Bucket: await bucket() }));
  expect(deleted.$metadata.httpStatusCode).toBe(204);
});

behaviour("small objects are not transitioned by default", TRANSITIONS, async () => {
  const Bucket = await bucket();
  const answer = await put(Bucket, [rule({ Expiration: { Days: 1 } })]);
  expect(answer.TransitionDefaultMinimumObjectSize).toBe("all_storage_classes_128K");
  expect((await get(Bucket)).TransitionDefaultMinimumObjectSize).toBe("all_storage_classes_128K");
});

behaviour("the transition default may be set to the one before September 2024", TRANSITIONS, async () => {
  const Bucket = await bucket();
  await put(Bucket, [rule({ Expiration: { Days: 1 } })], "varies_by_storage_class");
  expect((await get(Bucket)).TransitionDefaultMinimumObjectSize).toBe("varies_by_storage_class");
});

behaviour("an unknown transition default is refused", api("PutBucketLifecycleConfiguration"), async () => {
  await expect(put(await bucket(), [rule({ Expiration: { Days: 1 } })], "none")).rejects.toMatchObject({
    name: "InvalidRequest",
    message: "Invalid TransitionDefaultMinimumObjectSize found: none",
  });
});

// Refused configurations

const days = { Expiration: { Days: 1 } };

for (const [what, given, name, message, source] of [
  ["no rules", [], "MalformedXML", undefined, api("BucketLifecycleConfiguration")],
  [
    "a status in lower case",
    [{ Status: "enabled", ...days }],
    "MalformedXML",
    undefined,
    api("LifecycleRule"),
  ],
  [
    "neither a filter nor a prefix",
    [{ Filter: undefined, ...days }],
    "MalformedXML",
    undefined,
    api("LifecycleRule"),
  ],
  [
    "no action",
    [{}],
    "InvalidRequest",
    "At least one action needs to be specified in a rule",
    doc("AmazonS3/latest/API/ErrorResponses.html"),
  ],
  [
    "an ID of 256 characters",
    [{ ID: "x".repeat(256), ...days }],
    "InvalidArgument",
    "ID length should not exceed allowed limit of 255",
    api("LifecycleRule"),
  ],
  [
    "duplicate rule IDs",
    [days, days],
    "InvalidArgument",
    "Rule ID must be unique. Found same ID for more than one rule",
    ELEMENTS,
  ],
  [
    "two filter conditions without And",
    [{ Filter: { Prefix: "a", Tag: tag("a") }, ...days }],
    "MalformedXML",
    undefined,
    api("LifecycleRuleFilter"),
  ],
  [
    "an And of one condition",
    [{ Filter: { And: { Prefix: "a" } }, ...days }],
    "MalformedXML",
    undefined,
    api("LifecycleRuleFilter"),
  ],
  [
    "duplicate tag keys",
    [{ Filter: { And: { Tags: [tag("a"), tag("a", "2")] } }, ...days }],
    "InvalidRequest",
    "Duplicate Tag Keys are not allowed.",
    api("LifecycleRuleAndOperator"),
  ],
  [
    "a maximum size of zero bytes",
    [{ Filter: { ObjectSizeLessThan: 0 }, ...days }],
    "InvalidRequest",
    "'ObjectSizeLessThan' should be between 1 and 1099511627776000.",
    api("LifecycleRuleFilter"),
  ],
  [
    "a maximum size that is not greater than the minimum size",
    [{ Filter: { And: { ObjectSizeGreaterThan: 5, ObjectSizeLessThan: 5 } }, ...days }],
    "InvalidRequest",
    "'ObjectSizeLessThan' has to be a value greater than 'ObjectSizeGreaterThan'.",
    api("LifecycleRuleAndOperator"),
  ],
  [
    "a rule with a filter after a rule with a prefix",
    [
      { ID: "a", Prefix: "a", ...days },
      { ID: "b", ...days },
    ],
    "InvalidRequest",
    "Filter element can only be used in Lifecycle V2.",
    api("LifecycleRule"),
  ],
  [
    "a rule with a prefix after a rule with a filter",
    [
      { ID: "a", ...days },
      { ID: "b", Prefix: "b", ...days },
    ],
    "InvalidRequest",
    "Base level prefix cannot be used in Lifecycle V2, prefixes are only supported in the Filter.",
    api("LifecycleRule"),
  ],
  [
    "overlapping prefixes outside of filters",
    [
      { ID: "a", Prefix: "", ...days },
      { ID: "b", Prefix: "a", ...days },
    ],
    "InvalidRequest",
    "Found overlapping prefixes '' and 'a' for same action type 'Expiration'",
    doc("AmazonS3/latest/userguide/lifecycle-conflicts.html"),
  ],
  [
    "an expiration after zero days",
    [{ Expiration: { Days: 0 } }],
    "InvalidArgument",
    "'Days' for Expiration action must be a positive integer",
    api("LifecycleExpiration"),
  ],
  [
    "an expiration by both days and date",
    [{ Expiration: { Days: 1, Date: MIDNIGHT } }],
    "MalformedXML",
    undefined,
    api("LifecycleExpiration"),
  ],
  [
    "an expiration by both days and delete markers",
    [{ Expiration: { Days: 1, ExpiredObjectDeleteMarker: true } }],
    "MalformedXML",
    undefined,
    api("LifecycleExpiration"),
  ],
  [
    "an expiration date that is not midnight",
    [{ Expiration: { Date: new Date("2030-01-01T01:00:00Z") } }],
    "InvalidArgument",
    "'Date' must be at midnight GMT",
    api("LifecycleExpiration"),
  ],
  [
    "an expiration of delete markers filtered by tags",
    [{ Filter: { Tag: tag("a") }, Expiration: { ExpiredObjectDeleteMarker: true } }],
    "InvalidRequest",
    "ExpiredObjectDeleteMarker cannot be specified with Tags.",
    ELEMENTS,
  ],
  [
    "an abort of multipart uploads filtered by tags",
    [{ Filter: { Tag: tag("a") }, AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } }],
    "InvalidRequest",
    "AbortIncompleteMultipartUpload cannot be specified with Tags.",
    ELEMENTS,
  ],
  [
    "an abort of multipart uploads filtered by size",
    [{ Filter: { ObjectSizeGreaterThan: 1 }, AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } }],
    "InvalidRequest",
    "AbortIncompleteMultipartUpload cannot be specified with Object Size.",
    ELEMENTS,
  ],
  [
    "an abort of multipart uploads after zero days",
    [{ AbortIncompleteMultipartUpload: { DaysAfterInitiation: 0 } }],
    "InvalidArgument",
    "'DaysAfterInitiation' for AbortIncompleteMultipartUpload action must be a positive integer",
    api("AbortIncompleteMultipartUpload"),
  ],
  [
    "a noncurrent version expiration after zero days",
    [{ NoncurrentVersionExpiration: { NoncurrentDays: 0 } }],
    "InvalidArgument",
    "'NoncurrentDays' for NoncurrentVersionExpiration action must be a positive integer",
    api("NoncurrentVersionExpiration"),
  ],
  [
    "more than 100 retained noncurrent versions",
    [{ NoncurrentVersionExpiration: { NoncurrentDays: 1, NewerNoncurrentVersions: 101 } }],
    "InvalidArgument",
    undefined,
    api("NoncurrentVersionExpiration"),
  ],
  [
    "a noncurrent version expiration without days",
    [{ NoncurrentVersionExpiration: { NewerNoncurrentVersions: 2 } }],
    "MalformedXML",
    undefined,
    api("NoncurrentVersionExpiration"),
  ],
  ...(["STANDARD_IA", "ONEZONE_IA"] as const).map((StorageClass) => [
    `a transition to ${StorageClass} before 30 days`,
    [{ Transitions: [{ Days: 29, StorageClass }] }],
    "InvalidArgument",
    `'Days' in Transition action must be greater than or equal to 30 for storageClass '${StorageClass}'`,
    TRANSITIONS,
  ]),
  [
    "a transition to ONEZONE_IA less than 30 days after one to STANDARD_IA",
    [
      {
        Transitions: [
          { Days: 30, StorageClass: "STANDARD_IA" },
          { Days: 59, StorageClass: "ONEZONE_IA" },
        ],
      },
    ],
    "InvalidArgument",
    "'Days' in the 'ONEZONE_IA' Transition action for filter '(prefix=)' must be 30 days more than 'Days' in the 'STANDARD_IA' Transition action",
    TRANSITIONS,
  ],
  [
    "two transitions to one storage class",
    [{ Transitions: [30, 60].map((Days) => ({ Days, StorageClass: "GLACIER" })) }],
    "InvalidRequest",
    "'StorageClass' must be different for 'Transition' actions in same 'Rule' with filter '(prefix=)'",
    api("LifecycleRule"),
  ],
  [
    "a transition to STANDARD",
    [{ Transitions: [{ Days: 30, StorageClass: "STANDARD" }] }],
    "MalformedXML",
    undefined,
    api("Transition"),
  ],
  [
    "an expiration that is not later than the transition",
    [
      {
        Filter: { Prefix: "a/" },
        Transitions: [{ Days: 30, StorageClass: "GLACIER" }],
        Expiration: { Days: 30 },
      },
    ],
    "InvalidArgument",
    "'Days' in the Expiration action for filter '(prefix=a/)' must be greater than 'Days' in the Transition action",
    ELEMENTS,
  ],
  [
    "an expiration by date and a transition by days",
    [{ Transitions: [{ Days: 30, StorageClass: "GLACIER" }], Expiration: { Date: MIDNIGHT } }],
    "InvalidRequest",
    "Found mixed 'Date' and 'Days' based Expiration and Transition actions in lifecycle rule for filter '(prefix=)'",
    ELEMENTS,
  ],
  [
    "transitions by date and by days",
    [
      {
        Transitions: [
          { Days: 30, StorageClass: "GLACIER" },
          { Date: MIDNIGHT, StorageClass: "DEEP_ARCHIVE" },
        ],
      },
    ],
    "InvalidRequest",
    "Found mixed 'Date' and 'Days' based Transition actions in lifecycle rule for filter '(prefix=)'",
    ELEMENTS,
  ],
  [
    "a noncurrent version expiration that is not later than the transition",
    [
      {
        NoncurrentVersionTransitions: [{ NoncurrentDays: 30, StorageClass: "GLACIER" }],
        NoncurrentVersionExpiration: { NoncurrentDays: 30 },
      },
    ],
    "InvalidArgument",
    "'NoncurrentDays' in the NoncurrentVersionExpiration action for filter '(prefix=)' must be greater than 'NoncurrentDays' in the NoncurrentVersionTransition action",
    ELEMENTS,
  ],
] as [string, object[], string, string | undefined, string][]) {
  behaviour(`a configuration with ${what} is refused`, source, async () => {
    const refused = put(
      await bucket(),
      given.map((one) => rule(one)),
    );
    await expect(refused).rejects.toMatchObject({
      name,
      ...(message !== undefined && { message }),
      $metadata: { httpStatusCode: 400 },
    });
  });
}
