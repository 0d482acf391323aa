import { gzipSync } from "node:zlib";
import { SelectObjectContentCommand } from "@aws-sdk/client-s3";
import { expect } from "vitest";
import { behaviour, conformanceCloud, doc } from "../cloud.ts";
import { type Asking, api, asJson, lines, named, people, selectOf, sql } from "./selecting.ts";

const cloud = conformanceCloud();
const { s3, select } = selectOf(cloud);

/** A query and its result. */
function gives(
  what: string,
  source: string,
  body: string | Uint8Array,
  query: string,
  text: string,
  asking: Asking = {},
) {
  behaviour(what, source, async () => {
    expect((await select(body, query, asking)).text).toBe(text);
  });
}

// Responses

behaviour(
  "the response is a stream of Records, Stats and End events",
  doc("AmazonS3/latest/API/RESTSelectObjectAppendix.html"),
  async () => {
    const { events, stats } = await select("a,b\nc,d\n", "SELECT s._1 FROM S3Object s");
    expect(events).toEqual(["Records", "Stats", "End"]);
    expect(stats).toEqual({ BytesScanned: 8, BytesProcessed: 8, BytesReturned: 4 });
  },
);

behaviour(
  "a result without records has Stats and End events",
  doc("AmazonS3/latest/API/RESTSelectObjectAppendix.html"),
  async () => {
    const { events } = await select("a\n", "SELECT * FROM S3Object WHERE 1 = 2");
    expect(events).toEqual(["Stats", "End"]);
  },
);

behaviour("Progress events are sent on request", api, async () => {
  const { events } = await select("a\n", "SELECT * FROM S3Object", {
    more: { RequestProgress: { Enabled: true } },
  });
  expect(events).toContain("Progress");
});

behaviour("statistics distinguish scanned and processed bytes of a compressed object", api, async () => {
  const body = gzipSync("a,b\n".repeat(1_000));
  const { text, stats } = await select(body, "SELECT COUNT(*) FROM S3Object", {
    input: { CSV: {}, CompressionType: "GZIP" },
  });
  expect(text).toBe("1000\n");
  expect(stats).toEqual({ BytesScanned: body.length, BytesProcessed: 4_000, BytesReturned: 5 });
});

behaviour("a missing object fails with NoSuchKey", api, async () => {
  await select("a", "SELECT * FROM S3Object");
  const missing = new SelectObjectContentCommand({
    Bucket: "data",
    Key: "missing",
    Expression: "SELECT * FROM S3Object",
    ExpressionType: "SQL",
    InputSerialization: { CSV: {} },
    OutputSerialization: { CSV: {} },
  });
  await expect(s3().send(missing)).rejects.toMatchObject({
    name: "NoSuchKey",
    $metadata: { httpStatusCode: 404 },
  });
});

// CSV

gives("commas separate fields, line breaks records", api, "a,b\nc,d", "SELECT * FROM S3Object", "a,b\nc,d\n");
gives("an empty line is skipped", api, "a\n\nb\n", "SELECT * FROM S3Object", "a\nb\n");
gives("with NONE, the first line is a record", api, people, "SELECT s._2 FROM S3Object s LIMIT 1", "name\n");
gives(
  "with IGNORE, the first line is skipped",
  api,
  people,
  "SELECT s._2 FROM S3Object s",
  "Ann\nBob\nCy\n",
  {
    input: { CSV: { FileHeaderInfo: "IGNORE" } },
  },
);
gives(
  "with USE, the first line names the columns",
  api,
  people,
  "SELECT s.name FROM S3Object s",
  "Ann\nBob\nCy\n",
  named,
);
gives(
  "a column name without quotes is case-insensitive",
  sql("select"),
  people,
  "SELECT NAME FROM S3Object LIMIT 1",
  "Ann\n",
  named,
);
gives(
  "a quoted column name is case-sensitive",
  sql("select"),
  "a,A\n1,2\n",
  'SELECT s."A" FROM S3Object s',
  "2\n",
  named,
);
gives(
  "named columns can also be selected by position",
  sql("select"),
  people,
  "SELECT s._2 FROM S3Object s LIMIT 1",
  "Ann\n",
  named,
);
gives("a quoted field may hold the delimiter", api, '"a,b",c\n', "SELECT s._1 FROM S3Object s", '"a,b"\n');
gives(
  "a quote in a quoted field is escaped by doubling it",
  api,
  '"a ""b""",c\n',
  "SELECT s._1 FROM S3Object s",
  '"a ""b"""\n',
);
gives("a line that begins with # is a comment", api, "#a\nb\n", "SELECT * FROM S3Object", "b\n");
gives("the comment character is configurable", api, "#a\n!b\n", "SELECT * FROM S3Object", "#a\n", {
  input: { CSV: { Comments: "!" } },
});
gives("delimiters are configurable", api, "a|b;c|d;", "SELECT s._2 FROM S3Object s", "b\nd\n", {
  input: { CSV: { FieldDelimiter: "|", RecordDelimiter: ";" } },
});
gives("a delimiter may have two characters", api, "a,b\r\nc,d\r\n", "SELECT s._2 FROM S3Object s", "b\nd\n", {
  input: { CSV: { RecordDelimiter: "\r\n" } },
});
gives("quote characters are configurable", api, "'a\\'b',c\n", "SELECT s._1 FROM S3Object s", "a'b\n", {
  input: { CSV: { QuoteCharacter: "'", QuoteEscapeCharacter: "\\" } },
});
gives(
  "a quoted line break ends the record by default",
  api,
  '"a\nb",c\n',
  "SELECT COUNT(*) FROM S3Object",
  "2\n",
);
gives(
  "with AllowQuotedRecordDelimiter, a quoted line break does not end the record",
  api,
  '"a\nb",c\n',
  "SELECT COUNT(*) FROM S3Object",
  "1\n",
  {
    input: { CSV: { AllowQuotedRecordDelimiter: true } },
  },
);

// CSV and JSON as output

gives(
  "with QuoteFields ALWAYS, CSV output quotes all fields",
  api,
  "a,b\n",
  "SELECT * FROM S3Object",
  '"a","b"\n',
  {
    output: { CSV: { QuoteFields: "ALWAYS" } },
  },
);
gives("output delimiters are configurable", api, "a,b\nc,d\n", "SELECT * FROM S3Object", "a;b|c;d|", {
  output: { CSV: { FieldDelimiter: ";", RecordDelimiter: "|" } },
});
gives(
  "members of JSON output are named after the columns",
  api,
  people,
  "SELECT s.id, s.name FROM S3Object s LIMIT 1",
  '{"id":"1","name":"Ann"}\n',
  {
    ...named,
    output: asJson,
  },
);
gives(
  "members of JSON output are named by position if columns have no names",
  api,
  "a,b\n",
  "SELECT * FROM S3Object",
  '{"_1":"a","_2":"b"}\n',
  {
    output: asJson,
  },
);
gives(
  "the record delimiter of JSON output can be configured",
  api,
  "a\nb\n",
  "SELECT * FROM S3Object",
  '{"_1":"a"},{"_1":"b"},',
  {
    output: { JSON: { RecordDelimiter: "," } },
  },
);
gives(
  "an alias names a column",
  sql("select"),
  "a\n",
  "SELECT s._1 AS initial FROM S3Object s",
  '{"initial":"a"}\n',
  {
    output: asJson,
  },
);

// JSON

const susan =
  '{"name":"Susan Smith","org":"engineering","projects":[{"project_name":"project1","completed":false},{"project_name":"project2","completed":true}]}';

gives(
  "each JSON line is a record",
  sql("select"),
  `${susan}\n`,
  "Select s.name from S3Object s",
  '{"name":"Susan Smith"}\n',
  lines,
);
gives(
  "elements of a list are selected by index",
  sql("select"),
  susan,
  "Select s.projects[0].project_name from S3Object s",
  '{"project_name":"project1"}\n',
  lines,
);
gives("SELECT * returns a JSON record unchanged", api, susan, "SELECT * FROM S3Object", `${susan}\n`, lines);
gives(
  "JSON output preserves numbers, booleans and null",
  sql("data-types"),
  '{"i":12,"d":1.50,"b":true,"n":null}',
  "SELECT s.i, s.d, s.b, s.n FROM S3Object s",
  '{"i":12,"d":1.50,"b":true,"n":null}\n',
  lines,
);
gives(
  "missing values are omitted from JSON output",
  sql("select"),
  '{"a":1}\n{"b":2}\n',
  "SELECT s.a FROM S3Object s",
  '{"a":1}\n{}\n',
  lines,
);
gives(
  "a JSON document may span several lines",
  api,
  '{\n  "a":\n    1\n}',
  "SELECT s.a FROM S3Object s",
  '{"a":1}\n',
  {
    input: { JSON: { Type: "DOCUMENT" } },
    output: asJson,
  },
);

const rules =
  '{ "Rules": [ {"id": "1"}, {"expr": "y > x"}, {"id": "2", "expr": "z = DEBUG"} ]}\n{ "created": "June 27", "modified": "July 6" }\n';
gives(
  "a path in FROM unnests lists, and missing values yield empty records",
  sql("select"),
  rules,
  "SELECT id FROM S3Object[*].Rules[*].id",
  '{"id":"1"}\n{}\n{"id":"2"}\n{}\n',
  lines,
);
gives(
  "IS NOT MISSING excludes missing values",
  sql("select"),
  rules,
  "SELECT id FROM S3Object[*].Rules[*].id WHERE id IS NOT MISSING",
  '{"id":"1"}\n{"id":"2"}\n',
  lines,
);

const files =
  '{"created":"936864000","dir_name":"important_docs","files":[{"name":"."},{"name":".aws"}],"owner":"Amazon S3"}\n{"created":"936864000","dir_name":"other_docs","files":[{"name":"."}],"owner":"User"}\n';
gives(
  "a selected list is returned as a whole",
  sql("select"),
  files,
  "SELECT d.dir_name, d.files FROM S3Object[*] d",
  '{"dir_name":"important_docs","files":[{"name":"."},{"name":".aws"}]}\n{"dir_name":"other_docs","files":[{"name":"."}]}\n',
  lines,
);
gives(
  "a table without an alias can be named _1",
  sql("select"),
  files,
  "SELECT _1.dir_name, _1.owner FROM S3Object[*]",
  '{"dir_name":"important_docs","owner":"Amazon S3"}\n{"dir_name":"other_docs","owner":"User"}\n',
  lines,
);
gives(
  "JSON input can be returned as CSV",
  api,
  '{"a":1,"b":"x,y","c":[1,2]}',
  "SELECT s.a, s.b, s.c FROM S3Object s",
  '1,"x,y","[1,2]"\n',
  {
    input: { JSON: { Type: "LINES" } },
  },
);

// SQL

gives(
  "WHERE selects the records for which the condition is true",
  sql("select"),
  people,
  "SELECT s.name FROM S3Object s WHERE CAST(s.age AS INT) > 28",
  "Ann\nCy\n",
  named,
);
gives(
  "a CSV field that is compared with a number is converted to a number",
  api,
  people,
  "SELECT s.name FROM S3Object s WHERE s.age > 28",
  "Ann\nCy\n",
  named,
);
gives(
  "LIMIT limits the number of records",
  sql("select"),
  people,
  "SELECT s.name FROM S3Object s LIMIT 2",
  "Ann\nBob\n",
  named,
);
gives(
  "conditions can be combined by AND, OR and NOT",
  sql("operators"),
  people,
  "SELECT s.id FROM S3Object s WHERE NOT s.name = 'Ann' AND (s.id = '1' OR s.id = '3')",
  "3\n",
  named,
);
gives(
  "BETWEEN includes its bounds",
  sql("operators"),
  people,
  "SELECT s.id FROM S3Object s WHERE CAST(s.age AS INT) BETWEEN 25 AND 30",
  "1\n2\n",
  named,
);
gives(
  "IN compares with each value of a list",
  sql("operators"),
  people,
  "SELECT s.id FROM S3Object s WHERE s.name IN ('Bob', 'Cy')",
  "2\n3\n",
  named,
);
gives(
  "LIKE supports the wildcards % and _",
  sql("operators"),
  people,
  "SELECT s.id FROM S3Object s WHERE s.name LIKE 'B_b' OR s.name LIKE 'A%'",
  "1\n2\n",
  named,
);
gives(
  "numbers can be added and divided with remainder",
  sql("operators"),
  "7,2\n",
  "SELECT CAST(s._1 AS INT) + CAST(s._2 AS INT), CAST(s._1 AS INT) % CAST(s._2 AS INT) FROM S3Object s",
  "9,1\n",
);
gives(
  "COUNT, SUM, AVG, MIN and MAX aggregate all records",
  sql("aggregate"),
  people,
  "SELECT COUNT(*), SUM(CAST(s.age AS INT)), AVG(CAST(s.age AS INT)), MIN(CAST(s.age AS INT)), MAX(CAST(s.age AS INT)) FROM S3Object s",
  "3,96,32,25,41\n",
  named,
);
gives(
  "aggregate functions ignore missing values",
  sql("select"),
  '{"a":1}\n{}\n',
  "SELECT COUNT(s.a), COUNT(*) FROM S3Object s",
  '{"_1":1,"_2":2}\n',
  lines,
);
gives(
  "CASE returns the result of the first true condition",
  sql("conditional"),
  people,
  "SELECT CASE WHEN CAST(s.age AS INT) > 28 THEN 'old' ELSE 'young' END FROM S3Object s",
  "old\nyoung\nold\n",
  named,
);
gives(
  "COALESCE returns the first value that is neither null nor missing",
  sql("conditional"),
  '{"b":2}',
  "SELECT COALESCE(s.a, s.b, 3) FROM S3Object s",
  '{"_1":2}\n',
  lines,
);
gives(
  "NULLIF returns null if its arguments are equal",
  sql("conditional"),
  '{"a":1}',
  "SELECT NULLIF(s.a, 1) AS x, NULLIF(s.a, 2) AS y FROM S3Object s",
  '{"x":null,"y":1}\n',
  lines,
);
gives(
  "CAST converts strings to integers, decimals and timestamps",
  sql("conversion"),
  "12,0.5,2007-04-05T14:30Z\n",
  "SELECT CAST(s._1 AS INT) AS i, CAST(s._2 AS DECIMAL) AS d, CAST(s._3 AS TIMESTAMP) AS t FROM S3Object s",
  '{"i":12,"d":0.5,"t":"2007-04-05T14:30Z"}\n',
  { output: asJson },
);
gives(
  "string functions are evaluated",
  sql("string"),
  " Ab \n",
  "SELECT UPPER(TRIM(s._1)), LOWER(TRIM(s._1)), CHAR_LENGTH(s._1), SUBSTRING(s._1, 2, 1) FROM S3Object s",
  "AB,ab,4,A\n",
);
gives(
  "date functions are evaluated",
  sql("date"),
  "2010-01-01T\n",
  "SELECT EXTRACT(YEAR FROM TO_TIMESTAMP(s._1)), DATE_ADD(year, 5, TO_TIMESTAMP(s._1)), DATE_DIFF(month, TO_TIMESTAMP(s._1), `2011-01-01T`), TO_STRING(TO_TIMESTAMP(s._1), 'MMMM d, y') FROM S3Object s",
  '2010,2015-01-01,12,"January 1, 2010"\n',
);

// Compression and ranges

gives("GZIP is decompressed", api, gzipSync(people), "SELECT s.name FROM S3Object s LIMIT 1", "Ann\n", {
  input: { CSV: { FileHeaderInfo: "USE" }, CompressionType: "GZIP" },
});

/** `people`, compressed with bzip2. */
const bzip2 = Buffer.from(
  "QlpoOTFBWSZTWclqbDQAAA/dgAAQAAR+ADgANqOAICAAMUDTQyMmIRNBpoAZqbktNMJWuvY5wWTMkMisHcBTSrOPi7kinChIZLU2GgA=",
  "base64",
);
gives("BZIP2 is decompressed", api, bzip2, "SELECT s.name FROM S3Object s", "Ann\nBob\nCy\n", {
  input: { CSV: { FileHeaderInfo: "USE" }, CompressionType: "BZIP2" },
});

const five = "aa\nbb\ncc\ndd\nee\n";
for (const [ScanRange, expected] of [
  [{ Start: 3, End: 6 }, "bb\ncc\n"],
  [{ Start: 4, End: 6 }, "cc\n"],
  [{ Start: 9 }, "dd\nee\n"],
  [{ End: 4 }, "ee\n"],
  [{ Start: 0, End: 1 }, "aa\n"],
] as const) {
  gives(
    `a scan range of ${JSON.stringify(ScanRange)} selects the records that begin in it`,
    api,
    five,
    "SELECT * FROM S3Object",
    expected,
    {
      more: { ScanRange },
    },
  );
}
