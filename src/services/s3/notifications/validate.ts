import type { Input } from "#kernel/service.ts";
import type { Random } from "#lib/random.ts";
import { malformedXml } from "../errors.ts";
import { generatedId } from "../generated-id.ts";
import type { Bucket } from "../store.ts";
import {
  ambiguousFilters,
  fifoQueue,
  idTooLong,
  longRule,
  repeatedId,
  repeatedRule,
  sharedEvent,
  tooManyConfigurations,
  unknownRule,
  unparsableArn,
  unsupportedEvent,
  wrongRegion,
} from "./errors.ts";
import { isEventType, shareEvents } from "./event-types.ts";
import { keyFilter, overlap } from "./filters.ts";
import type { FilterRule, Notifications, Target, TargetKind } from "./store.ts";

type Document = Input<"s3", "PutBucketNotificationConfiguration">["NotificationConfiguration"];
type TargetDocument = {
  Id?: string;
  Events: string[];
  Filter?: NonNullable<NonNullable<Document["QueueConfigurations"]>[number]["Filter"]>;
};

/** The element that names each kind of destination, and the format of its ARN. */
const KINDS: Record<TargetKind, { element: string; arn: RegExp }> = {
  queue: { element: "Queue", arn: /^arn:aws[\w-]*:sqs:([a-z\d-]+):\d{12}:[\w-]{1,80}$/ },
  topic: { element: "Topic", arn: /^arn:aws[\w-]*:sns:([a-z\d-]+):\d{12}:[\w-]{1,256}$/ },
  function: {
    element: "CloudFunction",
    arn: /^arn:aws[\w-]*:lambda:([a-z\d-]+):\d{12}:function:[\w-]{1,140}(?::[\w$-]{1,128})?$/,
  },
};

const MAX_TARGETS = 100;
const MAX_ID_UNITS = 255;
const MAX_VALUE_BYTES = 1_024;

/**
 * Validates those parts of a configuration that do not depend on the destinations.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html
 * @throws {AwsError} MalformedXML, InvalidArgument
 */
export function checkNotifications(document: Document, bucket: Bucket, random: Random): Notifications {
  const { TopicConfigurations, QueueConfigurations, LambdaFunctionConfigurations } = document;
  const targets = [
    ...(TopicConfigurations ?? []).map((each) => targetOf("topic", each.TopicArn, each, bucket, random)),
    ...(QueueConfigurations ?? []).map((each) => targetOf("queue", each.QueueArn, each, bucket, random)),
    ...(LambdaFunctionConfigurations ?? []).map((each) =>
      targetOf("function", each.LambdaFunctionArn, each, bucket, random),
    ),
  ];
  if (targets.length > MAX_TARGETS) throw tooManyConfigurations(MAX_TARGETS);
  checkIds(targets);
  checkOverlaps(targets);
  return { targets, bridge: document.EventBridgeConfiguration !== undefined };
}

function targetOf(
  kind: TargetKind,
  arn: string | undefined,
  document: TargetDocument,
  bucket: Bucket,
  random: Random,
): Target {
  const { element, arn: pattern } = KINDS[kind];
  if (arn === undefined || !document.Events || document.Events.length === 0) throw malformedXml();
  if (kind === "queue" && arn.endsWith(".fifo")) throw fifoQueue(arn);
  const region = pattern.exec(arn)?.[1];
  if (region === undefined) throw unparsableArn(element, arn);
  if (region !== bucket.region) throw wrongRegion(element, arn);
  for (const event of document.Events) if (!isEventType(event)) throw unsupportedEvent(event);
  const id = document.Id || generatedId(random);
  const rules = document.Filter?.Key?.FilterRules;
  return { id, kind, arn, events: [...new Set(document.Events)], ...(rules && { rules: rulesOf(rules) }) };
}

function rulesOf(document: readonly { Name?: string; Value?: string }[]): FilterRule[] {
  const rules: FilterRule[] = [];
  for (const { Name, Value } of document) {
    if (Name === undefined || Value === undefined) throw malformedXml();
    const name = Name.toLowerCase();
    if (name !== "prefix" && name !== "suffix") throw unknownRule(Name);
    const capitalized = name === "prefix" ? "Prefix" : "Suffix";
    if (rules.some((rule) => rule.Name === capitalized)) throw repeatedRule(name);
    if (Buffer.byteLength(Value) > MAX_VALUE_BYTES) throw longRule(Value);
    rules.push({ Name: capitalized, Value });
  }
  return rules;
}

function checkIds(targets: readonly Target[]): void {
  const seen = new Set<string>();
  for (const { id } of targets) {
    if (id.length > MAX_ID_UNITS) throw idTooLong(id);
    if (seen.has(id)) throw repeatedId(id);
    seen.add(id);
  }
}

/**
 * Checks that no event on any key has two destinations. All pairs are compared,
 * since there are only a few targets.
 */
function checkOverlaps(targets: readonly Target[]): void {
  for (const [i, one] of targets.entries()) {
    for (let j = i + 1; j < targets.length; j++) {
      const other = targets[j]!;
      const shared = sharedEvents(one.events, other.events);
      if (!shared || !overlap(keyFilter(one), keyFilter(other))) continue;
      throw one.rules || other.rules ? ambiguousFilters(...shared) : sharedEvent(...shared);
    }
  }
}

function sharedEvents(one: readonly string[], other: readonly string[]): [string, string] | undefined {
  for (const event of one) for (const type of other) if (shareEvents(event, type)) return [event, type];
  return undefined;
}
