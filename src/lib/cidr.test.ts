import { expect, test } from "vitest";
import { addressOf, blockOf, isInside } from "./cidr.ts";

const inside = (address: string, block: string) => isInside(addressOf(address)!, blockOf(block)!);

test.each([
  ["203.0.113.7", "203.0.113.0/24", true],
  ["203.0.114.7", "203.0.113.0/24", false],
  ["203.0.113.7", "203.0.113.7", true],
  ["0.0.0.0", "0.0.0.0/0", true],
  ["2001:db8:1234::1", "2001:db8:1234::/48", true],
  ["2001:db8:1235::1", "2001:db8:1234::/48", false],
  ["::1", "::/0", true],
  ["::ffff:203.0.113.7", "203.0.113.0/24", true],
  ["203.0.113.7", "::/0", false],
  ["64:ff9b::192.0.2.33", "64:ff9b::c000:221/128", true],
])("%s in %s: %s", (address, block, expected) => expect(inside(address, block)).toBe(expected));

test.each(["203.0.113", "203.0.113.0/33", "::/129", "a", "", "1.2.3.4/", "1.2.3.4/-1", "fe80::1%eth0"])(
  "%j is not a block",
  (text) => expect(blockOf(text)).toBeUndefined(),
);
