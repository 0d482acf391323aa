import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { likePattern } from "./like.ts";
import { parseQuery } from "./parser.ts";
import { run } from "./query.ts";
import { csvRows, jsonRows, rowsOf } from "./rows.ts";
import { textOfScalar, type Value } from "./values.ts";

const NOW = Date.UTC(2017, 9, 13, 16, 2, 11, 123);

/** The value of an expression for one row. */
function resultOf(expression: string, row: Value = {}): Value {
  const query = parseQuery(`SELECT ${expression} FROM S3Object s`);
  return run(query, jsonRows(query.from, NOW)).take(row)!.values[0];
}

const text = (expression: string, row?: Value) => {
  const value = resultOf(expression, row);
  return value === null || value === undefined ? value : textOfScalar(value);
};

const codeOf = (act: () => unknown) => {
  try {
    act();
    return undefined;
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
};

/** The rows of a query's result, as objects. */
function answer(sql: string, records: Value[]) {
  const query = parseQuery(sql);
  const running = run(query, jsonRows(query.from, NOW));
  const found = records.flatMap((record) =>
    [...rowsOf(record, query.from.path)].map((row) => (running.isDone ? undefined : running.take(row))),
  );
  return [...found, running.end()]
    .filter((row) => row !== undefined)
    .map(({ names, values }) => Object.fromEntries(names.map((name, at) => [name, values[at]])));
}

function csvAnswer(sql: string, rows: string[][], headers?: string[]) {
  const query = parseQuery(sql);
  const running = run(query, csvRows(query.from, headers, NOW));
  const found = rows.map((row) => (running.isDone ? undefined : running.take(row)));
  return [...found, running.end()]
    .filter((row) => row !== undefined)
    .map(({ values }) => values.map(textOrNull));
}

const textOrNull = (value: Value) => (value === null || value === undefined ? value : textOfScalar(value));

describe("an expression", () => {
  test.each([
    ["1 + 2 * 3", "7"],
    ["(1 + 2) * 3", "9"],
    ["-2 - -3", "1"],
    ["7 / 2", "3"],
    ["7 % 4", "3"],
    ["7.0 / 2", "3.5"],
    ["1.10 + 2", "3.10"],
    ["0.1 + 0.2", "0.3"],
    ["1 / 3.0", "0.33333333333333333333333333333333333333"],
    ["2e0 * 3", "6.0"],
    ["1.5 * 1.5", "2.25"],
    ["'a' || 'b'", "ab"],
    ["'it''s'", "it's"],
    ["9223372036854775807", "9223372036854775807"],
    ["1 = 1.0", "true"],
    ["1 < 2 AND 2 < 1", "false"],
    ["NOT 1 = 2", "true"],
    ["1 = 2 OR 2 = 2 AND 1 = 1", "true"],
    ["NULL = NULL", null],
    ["NULL IS NULL", "true"],
    ["MISSING IS NULL", "true"],
    ["NULL IS MISSING", "false"],
    ["MISSING IS NOT MISSING", "false"],
    ["NULL AND FALSE", "false"],
    ["NULL OR TRUE", "true"],
    ["NULL AND TRUE", null],
    ["'a' = 1", "false"],
    ["'b' BETWEEN 'a' AND 'c'", "true"],
    ["3 NOT BETWEEN 1 AND 2", "true"],
    ["2 IN (1, 2)", "true"],
    ["2 NOT IN (1, 3)", "true"],
    ["2 IN (1, NULL)", null],
    ["CASE WHEN 1 = 2 THEN 'a' ELSE 'b' END", "b"],
    ["CASE 2 WHEN 1 THEN 'a' WHEN 2 THEN 'b' END", "b"],
    ["CASE 3 WHEN 1 THEN 'a' END", null],
    ["COALESCE(NULL, MISSING, 3)", "3"],
    ["COALESCE(NULL)", null],
    ["NULLIF(1, 1)", null],
    ["NULLIF(1, 2)", "1"],
    ["CAST('12' AS INT) + 1", "13"],
    ["CAST(' 12 ' AS INTEGER)", "12"],
    ["CAST(3.99 AS INT)", "3"],
    ["CAST('0.456' AS FLOAT)", "0.456"],
    ["CAST('1.50' AS DECIMAL(10, 2))", "1.50"],
    ["CAST(12 AS STRING)", "12"],
    ["CAST('TRUE' AS BOOL)", "true"],
    ["CAST(0 AS BOOL)", "false"],
    ["CAST(NULL AS INT)", null],
    ["CAST('2007-04-05T14:30Z' AS TIMESTAMP)", "2007-04-05T14:30Z"],
    ["CHAR_LENGTH('')", "0"],
    ["CHARACTER_LENGTH('abcdefg')", "7"],
    ["CHAR_LENGTH('😀')", "1"],
    ["LOWER('AbCdEfG!@#$')", "abcdefg!@#$"],
    ["UPPER('AbCdEfG!@#$')", "ABCDEFG!@#$"],
    ["LOWER(NULL)", null],
    ["SUBSTRING('123456789', 0)", "123456789"],
    ["SUBSTRING('123456789', 2)", "23456789"],
    ["SUBSTRING('123456789', -4)", "123456789"],
    ["SUBSTRING('123456789', 0, 999)", "123456789"],
    ["SUBSTRING('123456789', 1, 5)", "12345"],
    ["SUBSTRING('123456789' FROM 3 FOR 2)", "34"],
    ["SUBSTRING('123456789' FROM -1 FOR 3)", "1"],
    ["SUBSTRING('123456789' FROM -5 FOR 3)", ""],
    ["TRIM('       foobar         ')", "foobar"],
    ["TRIM(LEADING FROM '   foobar   ')", "foobar   "],
    ["TRIM(TRAILING FROM '   foobar   ')", "   foobar"],
    ["TRIM(BOTH FROM '   foobar   ')", "foobar"],
    ["TRIM(BOTH '12' FROM '1112211foobar22211122')", "foobar"],
    ["DATE_ADD(year, 5, `2010-01-01T`)", "2015-01-01"],
    ["DATE_ADD(month, 1, `2010T`)", "2010-02T"],
    ["DATE_ADD(month, 13, `2010T`)", "2011-02T"],
    ["DATE_ADD(month, 1, `2011-01-31`)", "2011-02-28"],
    ["DATE_ADD(day, -1, `2017-01-10T`)", "2017-01-09"],
    ["DATE_ADD(hour, 1, `2017T`)", "2017-01-01T01:00-00:00"],
    ["DATE_ADD(hour, 1, `2017-01-02T03:04Z`)", "2017-01-02T04:04Z"],
    ["DATE_ADD(minute, 1, `2017-01-02T03:04:05.006Z`)", "2017-01-02T03:05:05.006Z"],
    ["DATE_ADD(second, 1, `2017-01-02T03:04:05.006Z`)", "2017-01-02T03:04:06.006Z"],
    ["DATE_DIFF(year, `2010-01-01T`, `2011-01-01T`)", "1"],
    ["DATE_DIFF(month, `2010T`, `2010-05T`)", "4"],
    ["DATE_DIFF(month, `2010T`, `2011T`)", "12"],
    ["DATE_DIFF(month, `2011T`, `2010T`)", "-12"],
    ["DATE_DIFF(day, `2010-01-01T23:00`, `2010-01-02T01:00`)", "0"],
    ["EXTRACT(YEAR FROM `2010-01-01T`)", "2010"],
    ["EXTRACT(MONTH FROM `2010-10T`)", "10"],
    ["EXTRACT(HOUR FROM `2017-01-02T03:04:05+07:08`)", "3"],
    ["EXTRACT(TIMEZONE_HOUR FROM `2017-01-02T03:04:05+07:08`)", "7"],
    ["EXTRACT(TIMEZONE_MINUTE FROM `2017-01-02T03:04:05+07:08`)", "8"],
    ["TO_STRING(`1969-07-20T20:18Z`, 'MMMM d, y')", "July 20, 1969"],
    ["TO_STRING(`1969-07-20T20:18Z`, 'MMM d, yyyy')", "Jul 20, 1969"],
    ["TO_STRING(`1969-07-20T20:18Z`, 'M-d-yy')", "7-20-69"],
    ["TO_STRING(`1969-07-20T20:18Z`, 'MM-d-y')", "07-20-1969"],
    ["TO_STRING(`1969-07-20T20:18Z`, 'MMMM d, y h:m a')", "July 20, 1969 8:18 PM"],
    ["TO_STRING(`1969-07-20T20:18Z`, 'y-MM-dd''T''H:m:ssX')", "1969-07-20T20:18:00Z"],
    ["TO_STRING(`1969-07-20T20:18+08:00`, 'y-MM-dd''T''H:m:ssXXXX')", "1969-07-20T20:18:00+0800"],
    ["TO_STRING(`1969-07-20T20:18+08:00`, 'y-MM-dd''T''H:m:ssXXXXX')", "1969-07-20T20:18:00+08:00"],
    ["TO_TIMESTAMP('2007T')", "2007T"],
    ["TO_TIMESTAMP('2007-02-23T12:14:33.079-08:00')", "2007-02-23T12:14:33.079-08:00"],
    ["UTCNOW()", "2017-10-13T16:02:11.123Z"],
    ["`2010T` = `2010-01-01T00:00Z`", "true"],
  ])("%s is %s", (expression, expected) => {
    expect(text(expression)).toBe(expected);
  });

  test.each([
    ["'abc' LIKE 'a%'", "true"],
    ["'abc' LIKE 'a_'", "false"],
    ["'abc' NOT LIKE '%d%'", "true"],
    ["'50%' LIKE '50!%' ESCAPE '!'", "true"],
    ["'50x' LIKE '50!%' ESCAPE '!'", "false"],
    ["NULL LIKE 'a'", null],
    ["'a\nb' LIKE 'a_b'", "true"],
  ])("%s is %s", (expression, expected) => {
    expect(text(expression)).toBe(expected);
  });

  test("refers to the columns of a row", () => {
    const row = { name: "Susan", Org: "x", projects: [{ project_name: "p1" }, { project_name: "p2" }] };
    expect(text("s.name", row)).toBe("Susan");
    expect(text("s.NAME", row)).toBe("Susan");
    expect(text('s."NAME"', row)).toBeUndefined();
    expect(text("org", row)).toBe("x");
    expect(text("s.projects[1].project_name", row)).toBe("p2");
    expect(text("s['name']", row)).toBe("Susan");
    expect(text("s.projects[7].project_name", row)).toBeUndefined();
    expect(codeOf(() => text("s.a", { a: 1n, A: 2n }))).toBe("AmbiguousFieldName");
    expect(text('s."A"', { a: 1n, A: 2n })).toBe("2");
  });

  test.each([
    ["1 / 0", "IllegalSqlFunctionArgument"],
    ["9223372036854775807 + 1", "IntegerOverflow"],
    ["CAST('x' AS INT)", "CastFailed"],
    ["CAST('1.5' AS INT)", "CastFailed"],
    ["'a' + 1", "IncorrectSqlFunctionArgumentType"],
    ["LOWER(1)", "IncorrectSqlFunctionArgumentType"],
    ["TO_TIMESTAMP('yesterday')", "ValueParseFailure"],
    ["TO_STRING(`2010T`, 'QQ')", "EvaluatorInvalidTimestampFormatPattern"],
    ["'a' LIKE 'a!' ESCAPE '!'", "LikeInvalidInputs"],
    ["'a' LIKE 'a' ESCAPE 'ab'", "LikeInvalidInputs"],
  ])("%s is rejected", (expression, code) => {
    expect(codeOf(() => resultOf(expression))).toBe(code);
  });
});

describe("a query", () => {
  test.each([
    ["", "ParseUnexpectedToken"],
    ["DELETE FROM S3Object", "ParseUnexpectedToken"],
    ["SELECT FROM S3Object", "ParseEmptySelect"],
    ["SELECT *", "ParseSelectMissingFrom"],
    ["SELECT *, a FROM S3Object", "ParseAsteriskIsNotAloneInSelectList"],
    ["SELECT a, * FROM S3Object", "ParseAsteriskIsNotAloneInSelectList"],
    ["SELECT * FROM other", "InvalidDataSource"],
    ["SELECT * FROM S3Object a, S3Object b", "MultipleDataSourcesUnsupported"],
    ["SELECT * FROM S3Object.path", "ParseInvalidPathComponent"],
    ["SELECT s.CAST FROM S3Object s", "ParseInvalidPathComponent"],
    ["SELECT a FROM S3Object GROUP BY a", "ParseUnexpectedToken"],
    ["SELECT a FROM S3Object ORDER BY a", "ParseUnexpectedToken"],
    ["SELECT * FROM S3Object LIMIT x", "ParseExpectedNumber"],
    ["SELECT * FROM S3Object LIMIT -1", "EvaluatorNegativeLimit"],
    ["SELECT * FROM S3Object WHERE a = 'x", "LexerInvalidChar"],
    ["SELECT * FROM S3Object WHERE a ? b", "LexerInvalidChar"],
    ["SELECT * FROM S3Object /* WHERE", "LexerInvalidChar"],
    ["SELECT * FROM S3Object WHERE", "ParseExpectedExpression"],
    ["SELECT a AS 1 FROM S3Object", "ParseExpectedIdentForAlias"],
    ["SELECT CAST(a, INT) FROM S3Object", "ParseCastArity"],
    ["SELECT CAST(a AS THING) FROM S3Object", "ParseExpectedTypeName"],
    ["SELECT CAST a FROM S3Object", "ParseUnexpectedToken"],
    ["SELECT SUM(*) FROM S3Object", "ParseUnsupportedCallWithStar"],
    ["SELECT SQRT(a) FROM S3Object", "UnsupportedFunction"],
    ["SELECT LOWER(a, b) FROM S3Object", "EvaluatorInvalidArguments"],
    ["SELECT DATE_ADD(week, 1, a) FROM S3Object", "ParseExpectedDatePart"],
    ["SELECT a FROM S3Object WHERE a IN (SELECT 1)", "ParseUnsupportedSelect"],
    ["SELECT CASE ELSE 1 END FROM S3Object", "ParseUnexpectedToken"],
    [`SELECT ${"(".repeat(10_000)}1`, "ParseUnsupportedSyntax"],
    [`SELECT ${"1+".repeat(10_000)}1 FROM S3Object`, "ParseUnsupportedSyntax"],
    [`SELECT '${"x".repeat(262_144)}' FROM S3Object`, "ExpressionTooLong"],
  ])("%.60s is rejected", (sql, code) => {
    expect(codeOf(() => parseQuery(sql))).toBe(code);
  });

  test("has the position of a syntax error", () => {
    expect(() => parseQuery("SELECT *\nFROM S3Object GROUP BY a")).toThrow(
      "Unexpected token found KEYWORD:UNKNOWN at line 2, column 15.",
    );
    expect(() => parseQuery("SELECT ?")).toThrow("Invalid character at line 1, column 8.");
  });

  test("of any text ends in a result or an error", () => {
    const words = [
      "SELECT",
      "*",
      "FROM",
      "S3Object",
      "s",
      "WHERE",
      "(",
      ")",
      "1",
      "'a'",
      "AND",
      ",",
      ".",
      "[",
      "LIKE",
    ];
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.constantFrom(...words), fc.string())), (parts) => {
        const code = codeOf(() => answer(parts.join(" "), [{ a: 1n }]));
        if (code !== undefined) expect(code).toMatch(/^[A-Z][A-Za-z]+$/);
      }),
    );
  });

  const rules: Value[] = [
    { Rules: [{ id: "1" }, { expr: "y > x" }, { id: "2", expr: "z = DEBUG" }] },
    { created: "June 27", modified: "July 6" },
  ];

  test("follows paths, and returns MISSING values", () => {
    expect(answer("SELECT id FROM S3Object[*].Rules[*].id", rules)).toEqual([
      { id: "1" },
      {},
      { id: "2" },
      {},
    ]);
    expect(answer("SELECT id FROM S3Object[*].Rules[*].id WHERE id IS NOT MISSING", rules)).toEqual([
      { id: "1" },
      { id: "2" },
    ]);
    expect(answer("SELECT _1.created FROM S3Object[*] LIMIT 1", [rules[1]!])).toEqual([
      { created: "June 27" },
    ]);
    expect(answer("SELECT _1.expr FROM S3Object[*].Rules[*]", [rules[0]!])).toEqual([
      {},
      { expr: "y > x" },
      { expr: "z = DEBUG" },
    ]);
  });

  test("names its columns", () => {
    const row = { a: 1n, b: { c: 2n } };
    const found = answer("SELECT s.b.c, 1, s.a AS x, s.* FROM S3Object s", [row]);
    expect(found).toEqual([{ c: 2n, _2: 1n, x: 1n, ...row }]);
    expect(answer("SELECT * FROM S3Object[*].b.c", [row])).toEqual([{ _1: 2n }]);
  });

  test("counts, adds and compares all rows", () => {
    const rows: Value[] = [{ a: 1n }, { a: 2n }, { a: null }, {}];
    expect(
      answer(
        "SELECT COUNT(*), COUNT(a), SUM(a), AVG(a), MIN(a), MAX(a), SUM(a) / COUNT(*) AS x FROM S3Object",
        rows,
      ).map((row) => Object.values(row).map((value) => textOfScalar(value))),
    ).toEqual([["4", "2", "3", "1.5", "1", "2", "0"]]);
    expect(answer("SELECT COUNT(*) AS c, SUM(a) AS s FROM S3Object WHERE a > 5", rows)).toEqual([
      { c: 0n, s: null },
    ]);
    expect(codeOf(() => answer("SELECT a, COUNT(*) FROM S3Object", rows))).toBe("UnsupportedSqlStructure");
    expect(codeOf(() => answer("SELECT SUM(COUNT(a)) FROM S3Object", rows))).toBe("UnsupportedSqlStructure");
    expect(codeOf(() => answer("SELECT a FROM S3Object WHERE COUNT(*) > 1", rows))).toBe(
      "UnsupportedSqlOperation",
    );
  });

  test("stops at its limit", () => {
    expect(answer("SELECT a FROM S3Object LIMIT 2", [{ a: 1n }, { a: 2n }, { a: 3n }])).toHaveLength(2);
    expect(answer("SELECT a FROM S3Object LIMIT 0", [{ a: 1n }])).toEqual([]);
  });
});

describe("a CSV row", () => {
  const rows = [
    ["1", "abc", "2.5"],
    ["10", "b", ""],
  ];

  test("has columns by position and by name", () => {
    expect(csvAnswer("SELECT s._2, _1 FROM S3Object s", rows)).toEqual([
      ["abc", "1"],
      ["b", "10"],
    ]);
    expect(csvAnswer('SELECT s.Name, "id" FROM S3Object s', rows, ["id", "NAME", "x"])).toEqual([
      ["abc", "1"],
      ["b", "10"],
    ]);
    expect(codeOf(() => csvAnswer('SELECT s."name" FROM S3Object s', rows, ["id", "NAME"]))).toBe(
      "MissingHeaders",
    );
    expect(codeOf(() => csvAnswer("SELECT name FROM S3Object", rows, ["name", "NAME"]))).toBe(
      "AmbiguousFieldName",
    );
    expect(codeOf(() => csvAnswer("SELECT name FROM S3Object", rows))).toBe("MissingHeaders");
    expect(codeOf(() => csvAnswer("SELECT _0 FROM S3Object", rows))).toBe("InvalidColumnIndex");
  });

  test("is text, and a number beside a number", () => {
    expect(csvAnswer("SELECT _1 FROM S3Object WHERE _1 > 9", rows)).toEqual([["10"]]);
    expect(csvAnswer("SELECT _1 FROM S3Object WHERE _1 > '9'", rows)).toEqual([]);
    expect(csvAnswer("SELECT _1 + 1 FROM S3Object", rows)).toEqual([["2"], ["11"]]);
    expect(csvAnswer("SELECT SUM(_1), MAX(CAST(_1 AS INT)) FROM S3Object", rows)).toEqual([["11", "10"]]);
    expect(csvAnswer("SELECT _1 FROM S3Object WHERE _2 = 5", rows)).toEqual([]);
  });
});

test("LIKE is equivalent to a regular expression", () => {
  const letters = fc.constantFrom("a", "b", "%", "_", "\n");
  fc.assert(
    fc.property(fc.array(letters), fc.array(letters), (pattern, characters) => {
      const source = pattern.map((one) => (one === "%" ? "[^]*" : one === "_" ? "[^]" : one)).join("");
      const given = characters.join("");
      expect(likePattern(pattern.join(""), undefined)(given)).toBe(
        new RegExp(`^${source}$`, "u").test(given),
      );
    }),
  );
});

describe("excessive work", () => {
  const long = "x".repeat(1_000_000);
  const doubled = (depth: number, join: (a: string) => string, leaf: string): string =>
    depth === 0 ? leaf : join(`(${doubled(depth - 1, join, leaf)})`);

  test.each([
    ["a text that doubles", doubled(8, (a) => `${a} || ${a}`, "s.a"), "ColumnTooLong"],
    ["a number that doubles", doubled(12, (a) => `${a} * ${a}`, "1000000.5"), "IntegerOverflow"],
    ["a thousand functions", Array(1_001).fill("LOWER(s.a)").join(" = "), "ParseUnsupportedSyntax"],
    ["a pattern that is tried everywhere", `s.a LIKE '%${"x".repeat(50_000)}y%'`, "LikeInvalidInputs"],
    ["stars", Array(11).fill("s.*").join(", "), "UnsupportedSqlStructure"],
  ])("%s is rejected in time", (_, expression, code) => {
    const begin = performance.now();
    expect(codeOf(() => resultOf(expression, { a: long }))).toBe(code);
    expect(performance.now() - begin).toBeLessThan(5_000);
  });

  test("numbers below the precision become zero", () => {
    expect(text(doubled(13, (a) => `${a} * ${a}`, "0.5"))).toMatch(/^0\.0+\d{0,38}$/);
    expect(text("12345678901234567890.123456789 * 98765432109876543210.987654321")).toBe(
      "1219326311370217952261850327336229233322",
    );
  });
});
