import { describe, expect, test } from "vitest";
import { link, loadContract, loadIndex, serviceNames } from "./contract.ts";
import type { ContractFile } from "./format.ts";
import type { ListShape, MapShape, Member, Operation, ScalarShape, Shape, StructureShape } from "./shapes.ts";

describe("S3", () => {
  const s3 = loadContract("s3");

  test("GetBucketLocation has its URI with a literal query, and its own root element", () => {
    const operation = operationOf("s3", "GetBucketLocation");
    expect(operation).toMatchObject({ method: "GET", uri: "/{Bucket}?location", status: 200 });
    expect(operation.output.xmlName).toBe("LocationConstraint");
    expect(memberOf(operation.input, "Bucket")).toMatchObject({ location: "uri", required: true });
  });

  test("bodies are streams, headers have a name or a prefix", () => {
    const { input, streamingInput, checksum } = operationOf("s3", "PutObject");
    expect(streamingInput?.name).toBe("Body");
    expect(input.payload).toBe(streamingInput);
    expect(memberOf(input, "Metadata")).toMatchObject({ location: "headers", locationName: "x-amz-meta-" });
    expect(memberOf(input, "ContentLength")).toMatchObject({
      location: "header",
      locationName: "Content-Length",
    });
    expect(checksum).toEqual({ algorithmMember: "ChecksumAlgorithm" });
    expect(operationOf("s3", "GetObject").streamingOutput?.name).toBe("Body");
    expect(operationOf("s3", "SelectObjectContent").eventOutput?.name).toBe("Payload");
  });

  test("a flattened list has the name of the member, or of its own entries", () => {
    const listing = operationOf("s3", "ListObjectsV2").output;
    expect(memberOf(listing, "Contents")).toMatchObject({ flattened: true, xmlName: "Contents" });
    const blocked = structureOf(
      s3.operation("PutBucketEncryption")!.input,
      "ServerSideEncryptionConfiguration",
    );
    const rule = (memberOf(blocked, "Rules").shape as ListShape).member as StructureShape;
    const types = structureOf(rule, "BlockedEncryptionTypes");
    expect(memberOf(types, "EncryptionType")).toMatchObject({ flattened: true, xmlName: "EncryptionType" });
  });

  test("the namespace is that of the requests, and deprecated duplicates are removed", () => {
    expect(s3.xmlNamespace).toBe("http://s3.amazonaws.com/doc/2006-03-01/");
    expect(s3.operation("GetBucketLifecycle")).toBeUndefined();
    expect(s3.operation("GetBucketLifecycleConfiguration")).toBeDefined();
    expect(s3.validation).toBe("none");
  });
});

describe("SQS", () => {
  test("has the members' names in JSON, and those of the overlay in the query protocol", () => {
    const { input, output, resultWrapper } = operationOf("sqs", "ReceiveMessage");
    expect(loadContract("sqs").protocols).toEqual(["awsJson1_0", "awsQuery"]);
    const names = { jsonName: "AttributeNames", queryName: "AttributeName", flattened: true };
    expect(memberOf(input, "AttributeNames")).toMatchObject(names);
    expect(resultWrapper).toBe("ReceiveMessageResult");
    const message = (memberOf(output, "Messages").shape as ListShape).member as StructureShape;
    const attributes = memberOf(message, "MessageAttributes");
    expect(attributes).toMatchObject({ xmlName: "MessageAttribute", flattened: true });
    expect(attributes.shape as MapShape).toMatchObject({ keyName: "Name", valueName: "Value" });
  });

  test("errors are found by shape name and by query protocol code", () => {
    const sqs = loadContract("sqs");
    const missing = sqs.error("QueueDoesNotExist");
    expect(missing?.error).toMatchObject({
      code: "AWS.SimpleQueueService.NonExistentQueue",
      queryStatus: 400,
    });
    expect(sqs.error("AWS.SimpleQueueService.NonExistentQueue")).toBe(missing);
    expect(sqs.error("PurgeQueueInProgress")?.error?.queryStatus).toBe(403);
    expect(sqs.error("NoSuchBucket")).toBeUndefined();
  });
});

test("only restJson1 has other names in JSON", () => {
  const { input } = operationOf("apigatewayv2", "CreateApi");
  expect(memberOf(input, "ProtocolType").jsonName).toBe("protocolType");
  expect(memberOf(operationOf("sqs", "TagQueue").input, "Tags")).toMatchObject({
    jsonName: "Tags",
    queryName: "Tag",
  });
});

test("EC2 capitalizes names, unless the model sets one", () => {
  const { input } = operationOf("ec2", "RunInstances");
  expect(memberOf(input, "BlockDeviceMappings").ec2Name).toBe("BlockDeviceMapping");
  expect(memberOf(input, "ClientToken")).toMatchObject({ ec2Name: "ClientToken", xmlName: "clientToken" });
  const interfaces = (memberOf(input, "NetworkInterfaces").shape as ListShape).member as StructureShape;
  const addresses = { ec2Name: "Ipv6Addresses", xmlName: "ipv6AddressesSet" };
  expect(memberOf(interfaces, "Ipv6Addresses")).toMatchObject(addresses);
});

test("shapes may be recursive, and each is a single object", () => {
  const key = memberOf(operationOf("dynamodb", "GetItem").input, "Key").shape as MapShape;
  const value = key.value as StructureShape;
  expect(value.name).toBe("AttributeValue");
  expect((memberOf(value, "L").shape as ListShape).member).toBe(value);
  const item = memberOf(operationOf("dynamodb", "PutItem").input, "Item").shape as MapShape;
  expect(item.value).toBe(value);
});

test("CloudFront's operations have a date in their wire names, and some of Cognito's are unsigned", () => {
  expect(operationOf("cloudfront", "GetDistribution").wireName).toBe("GetDistribution2020_05_31");
  expect(operationOf("cognito-idp", "InitiateAuth").unsigned).toBe(true);
  expect(operationOf("sts", "AssumeRole").unsigned).toBe(false);
});

test("an operation without an output shape links to an empty structure", () => {
  const operation = operationOf("sqs", "DeleteMessage");
  expect(operation.hasOutput).toBe(false);
  expect(operation.output.members).toEqual([]);
  expect(operation.resultWrapper).toBeUndefined();
});

test("a pattern is a full match in Java's sense", () => {
  const regex = (pattern: string, translated?: string) => {
    const name = memberOf(link(oneOperation(pattern, translated)).operation("Call")!.input, "Name");
    return (name.shape as ScalarShape).regex!;
  };
  expect(regex("a|ab").test("ab")).toBe(true);
  expect(regex("a|ab").test("abc")).toBe(false);
  expect(regex("\\p{Print}+", "[\\x20-\\x7E]+").test("é")).toBe(false);
});

test("the index distinguishes what routing must distinguish", () => {
  const targets = loadIndex().flatMap(({ targetPrefix }) => targetPrefix ?? []);
  expect(new Set(targets).size).toBe(targets.length);
  const actions = loadIndex().flatMap(({ actions, apiVersion }) =>
    (actions ?? []).map((name) => name + apiVersion),
  );
  expect(new Set(actions).size).toBe(actions.length);
});

describe.each(serviceNames())("%s", (service) => {
  test("links every operation and everything it reaches, and every pattern compiles", () => {
    const contract = loadContract(service);
    const reached = new Set<Shape>();
    for (const name of contract.operationNames) {
      const operation = operationOf(service, name);
      walk(operation.input, reached);
      walk(operation.output, reached);
      for (const error of operation.errors) expect(contract.error(error)?.name).toBe(error);
    }
    expect(reached.size).toBeGreaterThan(contract.operationNames.length);
    expect(loadIndex().find((entry) => entry.service === service)?.operationCount).toBe(
      contract.operationNames.length,
    );
  });
});

function walk(shape: Shape, reached: Set<Shape>): void {
  if (reached.has(shape)) return;
  reached.add(shape);
  if (shape.kind === "structure") for (const member of shape.members) walk(member.shape, reached);
  else if (shape.kind === "list") walk(shape.member, reached);
  else if (shape.kind === "map") {
    walk(shape.key, reached);
    walk(shape.value, reached);
  } else if (shape.kind === "scalar") expect(shape.regex === undefined).toBe(shape.pattern === undefined);
}

function operationOf(service: string, name: string): Operation {
  const operation = loadContract(service).operation(name);
  if (!operation) throw new Error(`${service} has no ${name}`);
  return operation;
}

function memberOf(shape: StructureShape, name: string): Member {
  const member = shape.member(name);
  if (!member) throw new Error(`${shape.name} has no ${name}`);
  return member;
}

function structureOf(shape: StructureShape, name: string): StructureShape {
  return memberOf(shape, name).shape as StructureShape;
}

function oneOperation(pattern: string, source?: string): ContractFile {
  return {
    service: "small",
    serviceId: "Small",
    apiVersion: "2026-01-01",
    protocols: ["awsJson1_0"],
    signingName: "small",
    endpointPrefix: "small",
    operations: { Call: { input: "CallInput" } },
    shapes: {
      CallInput: { type: "structure", members: { Name: "Name" } },
      Name: { type: "string", pattern, regex: source === undefined ? undefined : { source, flags: "u" } },
    },
  };
}
