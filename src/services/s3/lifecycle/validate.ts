import type { LifecycleRule, LifecycleRuleFilter } from "#aws/contract/types/s3.ts";
import { malformedXml } from "../errors.ts";
import {
  filterAmongPrefixes,
  idTooLong,
  idTwice,
  newerAmongPrefixes,
  prefixAmongFilters,
  prefixesOverlap,
  prefixTooLong,
  sizeOutOfRange,
  sizesCross,
  tagKeyTwice,
} from "./errors.ts";
import { filterOf } from "./filter.ts";
import { checkActions } from "./validate-actions.ts";

const MAX_RULES = 1_000;
const MAX_ID_UNITS = 255;
const MAX_PREFIX_BYTES = 1_024;
/** The maximum size in a filter in bytes, which exceeds that of any object. */
const MAX_SIZE = 1_099_511_627_776_000;

/**
 * Validates a configuration by S3's rules, one rule after another. Its schema has already been validated.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
 * @throws {AwsError} MalformedXML, InvalidArgument, InvalidRequest
 */
export function checkLifecycle(rules: readonly LifecycleRule[]): void {
  if (rules.length === 0 || rules.length > MAX_RULES) throw malformedXml();
  checkIds(rules);
  checkForms(rules);
  for (const rule of rules) {
    if (rule.Filter) checkFilter(rule.Filter);
    const { prefix, above, below } = filterOf(rule);
    if (Buffer.byteLength(prefix) > MAX_PREFIX_BYTES) throw prefixTooLong();
    checkSizes(above, below);
    checkActions(rule);
  }
  if (rules[0]!.Filter === undefined) checkOverlaps(rules);
}

function checkIds(rules: readonly LifecycleRule[]): void {
  const seen = new Set<string>();
  for (const { ID: id } of rules) {
    if (!id) continue;
    if (id.length > MAX_ID_UNITS) throw idTooLong(id);
    if (seen.has(id)) throw idTwice(id);
    seen.add(id);
  }
}

/**
 * Checks that all rules have the same form as the first: a prefix in the
 * older form, a filter in the newer one.
 */
function checkForms(rules: readonly LifecycleRule[]): void {
  const isOld = rules[0]!.Filter === undefined;
  for (const { Filter, Prefix } of rules) {
    if ((Filter === undefined) === (Prefix === undefined)) throw malformedXml();
    if (isOld && Filter) throw filterAmongPrefixes();
    if (!isOld && Prefix !== undefined) throw prefixAmongFilters();
  }
  const counts = (rule: LifecycleRule) =>
    [rule.NoncurrentVersionExpiration, ...(rule.NoncurrentVersionTransitions ?? [])].some(
      (action) => action?.NewerNoncurrentVersions !== undefined,
    );
  if (isOld && rules.some(counts)) throw newerAmongPrefixes();
}

/** Checks a filter, which has one condition, or several within `And`. */
function checkFilter(filter: LifecycleRuleFilter): void {
  const direct = Object.values(filter).filter((member) => member !== undefined);
  if (direct.length > 1) throw malformedXml();
  const { And: and, Tag: tag } = filter;
  const tags = and?.Tags ?? (tag ? [tag] : []);
  if (tags.some(({ Key, Value }) => !Key || Value === undefined)) throw malformedXml();
  if (!and) return;
  const { Tags: _, ...others } = and;
  const predicates = Object.values(others).filter((member) => member !== undefined).length + tags.length;
  if (predicates < 2) throw malformedXml();
  if (new Set(tags.map(({ Key }) => Key)).size < tags.length) throw tagKeyTwice();
}

function checkSizes(above: number | undefined, below: number | undefined): void {
  if (above !== undefined && !(above >= 0 && above <= MAX_SIZE))
    throw sizeOutOfRange("ObjectSizeGreaterThan", 0, MAX_SIZE);
  if (below !== undefined && !(below >= 1 && below <= MAX_SIZE))
    throw sizeOutOfRange("ObjectSizeLessThan", 1, MAX_SIZE);
  if (above !== undefined && below !== undefined && below <= above) throw sizesCross();
}

const ACTIONS = [
  ["Expiration", "Expiration"],
  ["Transitions", "Transition"],
  ["NoncurrentVersionExpiration", "NoncurrentVersionExpiration"],
  ["NoncurrentVersionTransitions", "NoncurrentVersionTransition"],
  ["AbortIncompleteMultipartUpload", "AbortIncompleteMultipartUpload"],
] as const;

/** Checks that no two rules of the older form have the same action for one object. */
function checkOverlaps(rules: readonly LifecycleRule[]): void {
  for (const [member, name] of ACTIONS) {
    const prefixes = rules.filter((rule) => rule[member] !== undefined).map(({ Prefix }) => Prefix!);
    prefixes.sort();
    // In sorted order, a prefix precedes all strings that start with it.
    for (const [i, prefix] of prefixes.entries()) {
      const former = prefixes[i - 1];
      if (former !== undefined && prefix.startsWith(former)) throw prefixesOverlap(former, prefix, name);
    }
  }
}
