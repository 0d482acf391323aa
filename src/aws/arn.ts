/** `arn:partition:service:region:account:resource` */
export interface Arn {
  partition: string;
  service: string;
  region: string;
  account: string;
  /** Everything after the account, including colons and slashes. */
  resource: string;
}

/** Returns `undefined` if the text is not an ARN. */
export function parseArn(text: string): Arn | undefined {
  const [, partition, service, region, account, resource] =
    /^arn:(aws[a-z-]{0,20}):([a-z0-9-]{1,63}):([a-z0-9-]{0,63}):([0-9]{12}|aws|):(.+)$/s.exec(text) ?? [];
  if (resource === undefined) return undefined;
  return { partition: partition!, service: service!, region: region!, account: account!, resource };
}

/** The queue's URL at AWS. Calls within the cloud accept it as well. */
export const queueUrlOf = ({
  region,
  account,
  resource,
}: Pick<Arn, "region" | "account" | "resource">): string =>
  `https://sqs.${region}.amazonaws.com/${account}/${resource}`;
