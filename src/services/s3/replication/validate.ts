import type { Random } from "#lib/random.ts";
import { malformedXml } from "../errors.ts";
import { generatedId } from "../generated-id.ts";
import { storageClassIn } from "../storage-classes/classes.ts";
import { checkTags } from "../tags.ts";
import {
  accountRequired,
  emptySelection,
  invalidDestination,
  invalidRole,
  keyWithoutSelection,
  longPrefix,
  longRuleId,
  markersWithTags,
  metricsRequired,
  minutesOutOfRange,
  overlappingPrefixes,
  repeatedPriority,
  repeatedRuleId,
  required,
  selectionWithoutKey,
  tooManyDestinations,
  tooManyRules,
  unusable,
} from "./errors.ts";
import { isV2, prefixOf, tagsOf } from "./rules.ts";
import type { ReplicationConfiguration, Rule } from "./store.ts";

const MAX_RULES = 1_000;
const MAX_ID_UNITS = 255;
const MAX_PREFIX_BYTES = 1_024;
/** The only threshold that S3 supports. */
const MINUTES = 15;

/**
 * Validates those parts of a configuration that do not depend on its buckets, and
 * adds ids to rules that have none.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-add-config.html
 * @throws {AwsError} MalformedXML, InvalidArgument, InvalidRequest
 */
export function checkReplication(
  document: ReplicationConfiguration,
  random: Random,
): ReplicationConfiguration {
  const { Role, Rules } = document;
  if (Role === undefined || !Rules || Rules.length === 0) throw malformedXml();
  if (!/^arn:aws[\w-]*:iam::\d{12}:role\/[\w+=,.@/-]{1,576}$/.test(Role)) throw invalidRole(Role);
  if (Rules.length > MAX_RULES) throw tooManyRules(MAX_RULES);
  for (const rule of Rules) checkRule(rule);
  checkIds(Rules);
  checkAcrossRules(Rules);
  return {
    Role,
    Rules: Rules.map((rule) => ({ ...rule, ID: rule.ID || generatedId(random) })),
  };
}

function checkRule(rule: Rule): void {
  const { Destination: destination, Filter, Prefix } = rule;
  if (!isStatus(rule.Status) || !destination?.Bucket) throw malformedXml();
  if ((Filter === undefined) === (Prefix === undefined)) throw malformedXml();
  // The contract contains this member, but S3 no longer accepts it.
  if (rule.ExistingObjectReplication !== undefined) throw malformedXml();
  if (!/^arn:aws[\w-]*:s3:::[a-z0-9][a-z0-9.-]{2,62}$/.test(destination.Bucket))
    throw invalidDestination(destination.Bucket);
  storageClassIn(destination.StorageClass);
  if (Buffer.byteLength(prefixOf(rule)) > MAX_PREFIX_BYTES) throw longPrefix();
  if (isV2(rule)) checkV2(rule);
  else checkV1(rule);
  checkSelection(rule);
  checkDestination(rule);
}

const isStatus = (status: string | undefined) => status === "Enabled" || status === "Disabled";

function checkV2(rule: Rule): void {
  const { Filter, Priority, DeleteMarkerReplication: markers } = rule;
  if ([Filter?.Prefix, Filter?.Tag, Filter?.And].filter((each) => each !== undefined).length > 1)
    throw malformedXml();
  if (Filter?.And && (Filter.And.Tags ?? []).length + (Filter.And.Prefix === undefined ? 0 : 1) < 2)
    throw malformedXml();
  checkTags(tagsOf(rule), "object");
  if (Priority === undefined) throw required("Priority");
  if (!Number.isSafeInteger(Priority) || Priority < 0) throw malformedXml();
  if (markers === undefined) throw required("DeleteMarkerReplication");
  if (!isStatus(markers.Status)) throw malformedXml();
  if (markers.Status === "Enabled" && tagsOf(rule).length > 0) throw markersWithTags();
}

function checkV1(rule: Rule): void {
  if (rule.Priority !== undefined) throw unusable("Priority");
  if (rule.DeleteMarkerReplication !== undefined) throw unusable("DeleteMarkerReplication");
  if (rule.SourceSelectionCriteria?.ReplicaModifications !== undefined)
    throw unusable("ReplicaModifications");
  if (rule.Destination.ReplicationTime !== undefined) throw unusable("ReplicationTime");
  if (rule.Destination.Metrics !== undefined) throw unusable("Metrics");
}

function checkSelection({ SourceSelectionCriteria: criteria, Destination }: Rule) {
  const encrypted = criteria?.SseKmsEncryptedObjects;
  const modifications = criteria?.ReplicaModifications;
  if (criteria && !encrypted && !modifications) throw emptySelection();
  for (const part of [encrypted, modifications]) if (part && !isStatus(part.Status)) throw malformedXml();
  const key = Destination.EncryptionConfiguration?.ReplicaKmsKeyID;
  if (Destination.EncryptionConfiguration && !encrypted) throw keyWithoutSelection();
  if (encrypted?.Status === "Enabled" && !key) throw selectionWithoutKey();
}

function checkDestination({ Destination }: Rule): void {
  const { Account, AccessControlTranslation: translation } = Destination;
  if (Account !== undefined && !/^\d{12}$/.test(Account)) throw malformedXml();
  if (translation && translation.Owner !== "Destination") throw malformedXml();
  if (translation && Account === undefined) throw accountRequired();
  checkTime(Destination);
  checkMetrics(Destination);
}

/** Replication time control requires metrics. */
function checkTime({ ReplicationTime: time, Metrics: metrics }: Rule["Destination"]): void {
  if (!time) return;
  if (!isStatus(time.Status) || !time.Time) throw malformedXml();
  if (time.Time.Minutes !== MINUTES) throw minutesOutOfRange();
  if (time.Status === "Enabled" && metrics?.Status !== "Enabled") throw metricsRequired();
}

function checkMetrics({ Metrics: metrics }: Rule["Destination"]): void {
  if (!metrics) return;
  if (!isStatus(metrics.Status)) throw malformedXml();
  if (metrics.EventThreshold && metrics.EventThreshold.Minutes !== MINUTES) throw minutesOutOfRange();
}

function checkIds(rules: readonly Rule[]): void {
  const seen = new Set<string>();
  for (const { ID } of rules) {
    if (!ID) continue;
    if (ID.length > MAX_ID_UNITS) throw longRuleId(ID);
    if (seen.has(ID)) throw repeatedRuleId(ID);
    seen.add(ID);
  }
}

/** Checks that all rules follow the same schema, and the constraints across rules. */
function checkAcrossRules(rules: readonly Rule[]): void {
  const v2 = rules.filter(isV2);
  if (v2.length > 0 && v2.length < rules.length) throw malformedXml();
  if (v2.length > 0) checkPriorities(v2);
  else checkAllV1(rules);
}

function checkAllV1(rules: readonly Rule[]): void {
  if (new Set(rules.map((rule) => rule.Destination.Bucket)).size > 1) throw tooManyDestinations();
  const prefixes = rules.map(prefixOf).sort();
  for (const [i, prefix] of prefixes.entries()) {
    const next = prefixes[i + 1];
    if (next?.startsWith(prefix)) throw overlappingPrefixes(prefix, next);
  }
}

function checkPriorities(rules: readonly Rule[]): void {
  const seen = new Set<number>();
  for (const { Priority = 0 } of rules) {
    if (seen.has(Priority)) throw repeatedPriority(Priority);
    seen.add(Priority);
  }
}
