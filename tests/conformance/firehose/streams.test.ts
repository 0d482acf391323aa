import {
  CreateDeliveryStreamCommand,
  type CreateDeliveryStreamCommandInput,
  DeleteDeliveryStreamCommand,
  DescribeDeliveryStreamCommand,
  FirehoseClient,
  ListDeliveryStreamsCommand,
  ListTagsForDeliveryStreamCommand,
  StartDeliveryStreamEncryptionCommand,
  StopDeliveryStreamEncryptionCommand,
  TagDeliveryStreamCommand,
  UntagDeliveryStreamCommand,
  UpdateDestinationCommand,
  type UpdateDestinationCommandInput,
} from "@aws-sdk/client-firehose";
import { expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { identities } from "../identities.ts";
import { ACCOUNT, api, arn, firehoseOf, invalid, missing, RoleARN, refusal, uniqueName } from "./firehose.ts";

const cloud = conformanceCloud();
const { send, stream } = firehoseOf(cloud);

const BucketARN = "arn:aws:s3:::anywhere";
const S3 = { RoleARN, BucketARN };
const Url = "https://example.test/in";
const HTTP = { EndpointConfiguration: { Url, Name: "mine", AccessKey: "secret" }, S3Configuration: S3 };

const create = async (
  more: Partial<CreateDeliveryStreamCommandInput> = { S3DestinationConfiguration: S3 },
) => {
  const DeliveryStreamName = uniqueName("made");
  const made = await send(new CreateDeliveryStreamCommand({ DeliveryStreamName, ...more }));
  return { DeliveryStreamName, made };
};
const describe = async (DeliveryStreamName: string) =>
  (await send(new DescribeDeliveryStreamCommand({ DeliveryStreamName }))).DeliveryStreamDescription!;

behaviour("CreateDeliveryStream returns the ARN of the stream", api("CreateDeliveryStream"), async () => {
  const { DeliveryStreamName, made } = await create();
  expect(made.DeliveryStreamARN).toBe(arn(DeliveryStreamName));
});

behaviour("a stream name is unique within account and Region", api("CreateDeliveryStream"), async () => {
  const { DeliveryStreamName } = await create();
  await expect(
    send(new CreateDeliveryStreamCommand({ DeliveryStreamName, S3DestinationConfiguration: S3 })),
  ).rejects.toMatchObject(
    refusal(
      "ResourceInUseException",
      `Firehose ${DeliveryStreamName} under accountId ${ACCOUNT} already exists`,
    ),
  );
});

behaviour(
  "DescribeDeliveryStream returns all settings, including defaults",
  api("DescribeDeliveryStream"),
  async () => {
    const { DeliveryStreamName } = await create();
    const settings = {
      ...S3,
      BufferingHints: { SizeInMBs: 5, IntervalInSeconds: 300 },
      CompressionFormat: "UNCOMPRESSED",
      EncryptionConfiguration: { NoEncryptionConfig: "NoEncryption" },
      CloudWatchLoggingOptions: { Enabled: false },
    };
    expect(await describe(DeliveryStreamName)).toEqual({
      DeliveryStreamName,
      DeliveryStreamARN: arn(DeliveryStreamName),
      DeliveryStreamStatus: "ACTIVE",
      DeliveryStreamEncryptionConfiguration: { Status: "DISABLED" },
      DeliveryStreamType: "DirectPut",
      VersionId: "1",
      CreateTimestamp: expect.any(Date),
      Destinations: [
        {
          DestinationId: "destinationId-000000000001",
          S3DestinationDescription: settings,
          ExtendedS3DestinationDescription: { ...settings, S3BackupMode: "Disabled" },
        },
      ],
      HasMoreDestinations: false,
    });
  },
);

behaviour(
  "an HTTP endpoint is described without its access key",
  api("HttpEndpointDestinationDescription"),
  async () => {
    const { DeliveryStreamName } = await create({ HttpEndpointDestinationConfiguration: HTTP });
    const [destination] = (await describe(DeliveryStreamName)).Destinations!;
    expect(destination).toMatchObject({
      HttpEndpointDestinationDescription: {
        EndpointConfiguration: { Url, Name: "mine" },
        BufferingHints: { SizeInMBs: 5, IntervalInSeconds: 300 },
        RetryOptions: { DurationInSeconds: 300 },
        S3BackupMode: "FailedDataOnly",
        S3DestinationDescription: S3,
      },
    });
    expect(JSON.stringify(destination)).not.toContain("secret");
  },
);

behaviour("a throughput hint is described as the source", api("DirectPutSourceDescription"), async () => {
  const { DeliveryStreamName } = await create({
    S3DestinationConfiguration: S3,
    DirectPutSourceConfiguration: { ThroughputHintInMBs: 5 },
  });
  expect((await describe(DeliveryStreamName)).Source).toEqual({
    DirectPutSourceDescription: { ThroughputHintInMBs: 5 },
  });
});

behaviour(
  "DescribeDeliveryStream returns no destination after the first",
  api("DescribeDeliveryStream"),
  async () => {
    const { DeliveryStreamName } = await create();
    const { DeliveryStreamDescription: description } = await send(
      new DescribeDeliveryStreamCommand({
        DeliveryStreamName,
        ExclusiveStartDestinationId: "destinationId-000000000001",
      }),
    );
    expect(description).toMatchObject({ Destinations: [], HasMoreDestinations: false });
  },
);

for (const [operation, command] of [
  ["DescribeDeliveryStream", new DescribeDeliveryStreamCommand({ DeliveryStreamName: "nowhere" })],
  ["DeleteDeliveryStream", new DeleteDeliveryStreamCommand({ DeliveryStreamName: "nowhere" })],
  [
    "TagDeliveryStream",
    new TagDeliveryStreamCommand({ DeliveryStreamName: "nowhere", Tags: [{ Key: "a" }] }),
  ],
  ["UntagDeliveryStream", new UntagDeliveryStreamCommand({ DeliveryStreamName: "nowhere", TagKeys: ["a"] })],
  ["ListTagsForDeliveryStream", new ListTagsForDeliveryStreamCommand({ DeliveryStreamName: "nowhere" })],
  [
    "StartDeliveryStreamEncryption",
    new StartDeliveryStreamEncryptionCommand({ DeliveryStreamName: "nowhere" }),
  ],
  [
    "StopDeliveryStreamEncryption",
    new StopDeliveryStreamEncryptionCommand({ DeliveryStreamName: "nowhere" }),
  ],
] as const) {
  behaviour(`${operation} refuses a stream that does not exist`, api(operation), async () => {
    await expect(send(command as never)).rejects.toMatchObject(missing("nowhere"));
  });
}

behaviour(
  "a deleted stream does not exist, and its name can be used again",
  api("DeleteDeliveryStream"),
  async () => {
    const { DeliveryStreamName } = await create();
    await send(new DeleteDeliveryStreamCommand({ DeliveryStreamName }));
    await expect(describe(DeliveryStreamName)).rejects.toMatchObject(missing(DeliveryStreamName));
    await send(new CreateDeliveryStreamCommand({ DeliveryStreamName, S3DestinationConfiguration: S3 }));
    expect(await describe(DeliveryStreamName)).toMatchObject({ VersionId: "1" });
  },
);

behaviour(
  "ListDeliveryStreams returns streams by name, ten on a page by default",
  api("ListDeliveryStreams"),
  async () => {
    for (let at = 0; at < 11; at++)
      await send(
        new CreateDeliveryStreamCommand({
          DeliveryStreamName: `a-${10 + at}`,
          S3DestinationConfiguration: S3,
        }),
      );
    const first = await send(new ListDeliveryStreamsCommand({}));
    expect(first.DeliveryStreamNames).toEqual(Array.from({ length: 10 }, (_, at) => `a-${10 + at}`));
    expect(first.HasMoreDeliveryStreams).toBe(true);
    const next = await send(
      new ListDeliveryStreamsCommand({ ExclusiveStartDeliveryStreamName: "a-19", Limit: 1 }),
    );
    expect(next).toMatchObject({ DeliveryStreamNames: ["a-20"], HasMoreDeliveryStreams: true });
  },
);

behaviour("ListDeliveryStreams filters by stream type", api("ListDeliveryStreams"), async () => {
  expect(
    await send(new ListDeliveryStreamsCommand({ DeliveryStreamType: "KinesisStreamAsSource" })),
  ).toMatchObject({ DeliveryStreamNames: [], HasMoreDeliveryStreams: false });
});

const extended = (more: object) => ({ ExtendedS3DestinationConfiguration: { ...S3, ...more } });
const update = (DeliveryStreamName: string, more: Partial<UpdateDestinationCommandInput>) =>
  send(
    new UpdateDestinationCommand({
      DeliveryStreamName,
      CurrentDeliveryStreamVersionId: "1",
      DestinationId: "destinationId-000000000001",
      ...more,
    }),
  );

behaviour("an update of one buffering hint keeps the other", api("UpdateDestination"), async () => {
  const { DeliveryStreamName } = await stream({ BufferingHints: { SizeInMBs: 2, IntervalInSeconds: 90 } });
  await send(
    new UpdateDestinationCommand({
      DeliveryStreamName,
      CurrentDeliveryStreamVersionId: "1",
      DestinationId: "destinationId-000000000001",
      ExtendedS3DestinationUpdate: { BufferingHints: { IntervalInSeconds: 60 } },
    }),
  );
  const { Destinations } = await describe(DeliveryStreamName);
  expect(Destinations![0]!.ExtendedS3DestinationDescription!.BufferingHints).toEqual({
    SizeInMBs: 2,
    IntervalInSeconds: 60,
  });
});

behaviour(
  "an update changes the given settings and increments the version",
  api("UpdateDestination"),
  async () => {
    const { DeliveryStreamName } = await create(extended({ Prefix: "kept/", CompressionFormat: "GZIP" }));
    await update(DeliveryStreamName, {
      ExtendedS3DestinationUpdate: { BufferingHints: { SizeInMBs: 2, IntervalInSeconds: 90 } },
    });
    const description = await describe(DeliveryStreamName);
    expect(description.VersionId).toBe("2");
    expect(description.LastUpdateTimestamp).toBeInstanceOf(Date);
    expect(description.Destinations![0]!.ExtendedS3DestinationDescription).toMatchObject({
      Prefix: "kept/",
      CompressionFormat: "GZIP",
      BufferingHints: { SizeInMBs: 2, IntervalInSeconds: 90 },
    });
  },
);

behaviour(
  "an update can enable a backup, but not disable it",
  api("ExtendedS3DestinationUpdate"),
  async () => {
    const { DeliveryStreamName } = await create(extended({}));
    const description = async () =>
      (await describe(DeliveryStreamName)).Destinations![0]!.ExtendedS3DestinationDescription!;
    expect((await description()).S3BackupMode).toBe("Disabled");
    await update(DeliveryStreamName, {
      ExtendedS3DestinationUpdate: { S3BackupMode: "Enabled", S3BackupUpdate: { ...S3, Prefix: "b/" } },
    });
    expect(await description()).toMatchObject({
      S3BackupMode: "Enabled",
      S3BackupDescription: { Prefix: "b/" },
    });
    await expect(
      update(DeliveryStreamName, {
        CurrentDeliveryStreamVersionId: "2",
        ExtendedS3DestinationUpdate: { S3BackupMode: "Disabled" },
      }),
    ).rejects.toMatchObject(invalid(expect.any(String)));
  },
);

behaviour("enabling a backup requires a bucket and a role", api("UpdateDestination"), async () => {
  const { DeliveryStreamName } = await stream();
  for (const S3BackupUpdate of [{}, { BucketARN }, { RoleARN }])
    await expect(
      send(
        new UpdateDestinationCommand({
          DeliveryStreamName,
          CurrentDeliveryStreamVersionId: "1",
          DestinationId: "destinationId-000000000001",
          ExtendedS3DestinationUpdate: { S3BackupMode: "Enabled", S3BackupUpdate },
        }),
      ),
    ).rejects.toMatchObject(
      invalid("S3 backup destination configuration is required when enabling S3 backup."),
    );
});

behaviour("UpdateDestination refuses two destinations", api("UpdateDestination"), async () => {
  const { DeliveryStreamName } = await create();
  const Prefix = "p/";
  await expect(
    update(DeliveryStreamName, { S3DestinationUpdate: { Prefix }, ExtendedS3DestinationUpdate: { Prefix } }),
  ).rejects.toMatchObject(invalid("Exactly one destination configuration is supported for a Firehose"));
});

behaviour(
  "creating a stream with tags requires the permission to tag it",
  api("CreateDeliveryStream"),
  async () => {
    const users = identities(cloud);
    const made = async (more: object, ...actions: string[]) => {
      const allows = [
        { Effect: "Allow", Action: actions.map((action) => `firehose:${action}`), Resource: "*" },
        { Effect: "Allow", Action: "iam:PassRole", Resource: "*" },
      ];
      const client = new FirehoseClient(users.user(uniqueName("maker"), { account: ACCOUNT, allows }));
      return client.send(
        new CreateDeliveryStreamCommand({
          DeliveryStreamName: uniqueName("made"),
          S3DestinationConfiguration: S3,
          ...more,
        }),
      );
    };
    const Tags = [{ Key: "a", Value: "b" }];
    await made({}, "CreateDeliveryStream");
    await expect(made({ Tags }, "CreateDeliveryStream")).rejects.toMatchObject({
      name: "AccessDeniedException",
      message: expect.stringContaining("firehose:TagDeliveryStream"),
    });
    await made({ Tags }, "CreateDeliveryStream", "TagDeliveryStream");
  },
);

behaviour("UpdateDestination refuses another version", api("UpdateDestination"), async () => {
  const { DeliveryStreamName } = await create();
  await expect(
    update(DeliveryStreamName, {
      CurrentDeliveryStreamVersionId: "7",
      S3DestinationUpdate: { Prefix: "p/" },
    }),
  ).rejects.toMatchObject(
    refusal(
      "ConcurrentModificationException",
      `Cannot update firehose: ${DeliveryStreamName} since the current version id: 1 and specified version id: 7 do not match`,
    ),
  );
});

behaviour("UpdateDestination refuses an unknown destination id", api("UpdateDestination"), async () => {
  const { DeliveryStreamName } = await create();
  await expect(
    update(DeliveryStreamName, {
      DestinationId: "destinationId-000000000002",
      S3DestinationUpdate: { Prefix: "p/" },
    }),
  ).rejects.toMatchObject(invalid("Destination Id destinationId-000000000002 not found"));
});

behaviour("UpdateDestination refuses another type of destination", api("UpdateDestination"), async () => {
  const { DeliveryStreamName } = await create();
  await expect(
    update(DeliveryStreamName, { HttpEndpointDestinationUpdate: { RetryOptions: { DurationInSeconds: 1 } } }),
  ).rejects.toMatchObject(invalid(/^Changing the destination type/));
});

behaviour(
  "an update of an endpoint can include its bucket",
  api("HttpEndpointDestinationUpdate"),
  async () => {
    const { DeliveryStreamName } = await create({ HttpEndpointDestinationConfiguration: HTTP });
    await update(DeliveryStreamName, {
      HttpEndpointDestinationUpdate: { RetryOptions: { DurationInSeconds: 9 }, S3Update: { Prefix: "p/" } },
    });
    const [destination] = (await describe(DeliveryStreamName)).Destinations!;
    expect(destination!.HttpEndpointDestinationDescription).toMatchObject({
      EndpointConfiguration: { Url, Name: "mine" },
      RetryOptions: { DurationInSeconds: 9 },
      S3DestinationDescription: { ...S3, Prefix: "p/" },
    });
  },
);

behaviour("encryption is started and stopped", api("StartDeliveryStreamEncryption"), async () => {
  const { DeliveryStreamName, put } = await stream();
  expect((await put("x")).Encrypted).toBe(false);
  await send(new StartDeliveryStreamEncryptionCommand({ DeliveryStreamName }));
  expect((await describe(DeliveryStreamName)).DeliveryStreamEncryptionConfiguration).toEqual({
    KeyType: "AWS_OWNED_CMK",
    Status: "ENABLED",
  });
  expect((await put("x")).Encrypted).toBe(true);
  await send(new StopDeliveryStreamEncryptionCommand({ DeliveryStreamName }));
  expect((await describe(DeliveryStreamName)).DeliveryStreamEncryptionConfiguration).toEqual({
    Status: "DISABLED",
  });
});

behaviour(
  "encryption is started and stopped 25 times in 24 hours",
  api("StartDeliveryStreamEncryption"),
  async () => {
    const { DeliveryStreamName } = await create();
    const start = () => send(new StartDeliveryStreamEncryptionCommand({ DeliveryStreamName }));
    const stop = () => send(new StopDeliveryStreamEncryptionCommand({ DeliveryStreamName }));
    for (let n = 0; n < 12; n++) {
      await start();
      await stop();
    }
    await start();
    await expect(stop()).rejects.toMatchObject({ name: "LimitExceededException" });
    await expect(start()).rejects.toMatchObject({ name: "LimitExceededException" });
    await cloud.advance(86_400_000);
    await stop();
  },
);

behaviour(
  "an AWS owned key refuses a key ARN",
  api("DeliveryStreamEncryptionConfigurationInput"),
  async () => {
    const { DeliveryStreamName } = await create();
    await expect(
      send(
        new StartDeliveryStreamEncryptionCommand({
          DeliveryStreamName,
          DeliveryStreamEncryptionConfigurationInput: {
            KeyType: "AWS_OWNED_CMK",
            KeyARN: `arn:aws:kms:us-east-1:${ACCOUNT}:key/a`,
          },
        }),
      ),
    ).rejects.toMatchObject(invalid("KeyARN cannot be specified when KeyType is AWS_OWNED_CMK"));
  },
);

behaviour("tags are added, replaced, listed in pages and removed", api("TagDeliveryStream"), async () => {
  const { DeliveryStreamName } = await create({
    S3DestinationConfiguration: S3,
    Tags: [{ Key: "a", Value: "1" }],
  });
  await send(
    new TagDeliveryStreamCommand({
      DeliveryStreamName,
      Tags: [{ Key: "a", Value: "2" }, { Key: "b", Value: "3" }, { Key: "c" }],
    }),
  );
  const page = await send(new ListTagsForDeliveryStreamCommand({ DeliveryStreamName, Limit: 1 }));
  expect(page).toMatchObject({ Tags: [{ Key: "a", Value: "2" }], HasMoreTags: true });
  await send(new UntagDeliveryStreamCommand({ DeliveryStreamName, TagKeys: ["b", "never"] }));
  const rest = await send(
    new ListTagsForDeliveryStreamCommand({ DeliveryStreamName, ExclusiveStartTagKey: "a" }),
  );
  expect(rest).toMatchObject({ Tags: [{ Key: "c" }], HasMoreTags: false });
});

behaviour("a stream has at most fifty tags", api("TagDeliveryStream"), async () => {
  const { DeliveryStreamName } = await create();
  const Tags = Array.from({ length: 50 }, (_, at) => ({ Key: `k${at}`, Value: "v" }));
  await send(new TagDeliveryStreamCommand({ DeliveryStreamName, Tags }));
  await expect(
    send(new TagDeliveryStreamCommand({ DeliveryStreamName, Tags: [{ Key: "more" }] })),
  ).rejects.toMatchObject({ name: "LimitExceededException" });
});
