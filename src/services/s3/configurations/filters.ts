import type { Tag } from "#aws/contract/types/s3.ts";
import { malformedXml } from "../errors.ts";

/** Selects the objects to which a configuration applies. */
interface Filter {
  Prefix?: string;
  Tag?: Tag;
  AccessPointArn?: string;
  And?: { Prefix?: string; Tags?: Tag[]; AccessPointArn?: string };
}

/** Validates a filter, which has one condition, or several within `And`. @throws {AwsError} MalformedXML */
export function checkFilter(filter: Filter | undefined): void {
  if (!filter) return;
  const { Prefix, Tag: tag, AccessPointArn, And: and } = filter;
  if (count(Prefix, tag, AccessPointArn, and) !== 1) throw malformedXml();
  if (and && count(and.Prefix, and.AccessPointArn, ...(and.Tags ?? [])) < 2) throw malformedXml();
}

const count = (...conditions: unknown[]) => conditions.filter((one) => one !== undefined).length;
