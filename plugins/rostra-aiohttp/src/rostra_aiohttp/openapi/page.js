"use strict";
const METHODS = ["get", "post", "put", "patch", "delete", "head", "options", "trace"];
const byId = (id) => document.getElementById(id);
let api = {};

/* An element with attributes and children. Texts are only ever texts: nothing of the document is read as HTML. */
function make(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name in made && typeof value !== "string") made[name] = value; else made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== null && child !== ""));
  return made;
}

function resolved(schema) {
  for (let turns = 0; schema && schema.$ref && turns < 20; turns += 1) {
    const { $ref, ...beside } = schema;
    const target = $ref.slice(2).split("/").reduce((part, key) => (part || {})[key], api);
    schema = { ...target, ...beside };
  }
  return schema || {};
}

/* A value that a schema admits, to begin with. */
function example(schema, depth = 0) {
  const found = resolved(schema);
  for (const said of [found.default, found.const, (found.examples || [])[0], (found.enum || [])[0]]) {
    if (said !== undefined) return said;
  }
  const either = found.anyOf || found.oneOf;
  if (either) return example(either[0], depth);
  const type = Array.isArray(found.type) ? found.type[0] : found.type;
  if (type === "object") {
    const entries = Object.entries(found.properties || {});
    const needed = new Set(found.required || []);
    const shown = entries.filter(([name]) => depth < 3 || needed.has(name));
    return depth > 6 ? {} : Object.fromEntries(shown.map(([name, each]) => [name, example(each, depth + 1)]));
  }
  if (type === "array") {
    if (depth > 6) return [];
    return found.prefixItems ? found.prefixItems.map((each) => example(each, depth + 1))
      : found.items ? [example(found.items, depth + 1)] : [];
  }
  if (type === "integer" || type === "number") return Math.max(found.minimum ?? 0, (found.exclusiveMinimum ?? -1) + 1);
  if (type === "boolean") return true;
  if (type === "null") return null;
  const formats = { date: "2026-01-31", "date-time": "2026-01-31T12:00:00Z", time: "12:30:00",
    uuid: "00000000-0000-0000-0000-000000000000", ipv4: "192.0.2.1", ipv6: "2001:db8::1", decimal: "1.50" };
  return type === "string" ? formats[found.format] || (found.contentEncoding ? "" : "text") : null;
}

/* What a schema says, for people. */
function words(schema, depth = 0) {
  if (!schema) return "anything";
  if (schema.$ref && depth > 0) return schema.$ref.split("/").pop();
  const found = resolved(schema);
  const either = found.anyOf || found.oneOf;
  if (either) return either.map((each) => words(each, depth + 1)).join(" or ");
  if ("const" in found) return JSON.stringify(found.const);
  if (found.enum) return found.enum.map((each) => JSON.stringify(each)).join(" or ");
  const types = [].concat(found.type || "anything").map((type) =>
    type === "array" && found.items ? `array of ${words(found.items, depth + 1)}` : type);
  const said = [found.format, found.pattern && `like ${found.pattern}`, bound(found, "minimum", "≥"),
    bound(found, "maximum", "≤"), bound(found, "exclusiveMinimum", ">"), bound(found, "exclusiveMaximum", "<"),
    bound(found, "minLength", "length ≥"), bound(found, "maxLength", "length ≤"),
    "default" in found && `default ${JSON.stringify(found.default)}`];
  return [types.join(" or "), ...said.filter(Boolean)].join(", ");
}

const bound = (schema, name, sign) => name in schema && `${sign} ${schema[name]}`;

function members(schema) {
  const found = resolved(schema);
  const needed = new Set(found.required || []);
  const lines = Object.entries(found.properties || {}).map(([name, each]) => {
    const about = each.description || "";
    return `${name}${needed.has(name) ? "" : "?"}: ${words(each, 1)}${about ? `  — ${about}` : ""}`;
  });
  const item = resolved(found.items);
  if (!lines.length && item.properties) return `array of\n${members(found.items)}`;
  return lines.length ? lines.join("\n") : words(schema);
}

function field(parameter) {
  const schema = resolved(parameter.schema);
  const listed = schema.enum || (schema.type === "boolean" ? [true, false] : null);
  const isFile = Boolean((schema.items || schema).contentMediaType);
  const input = isFile ? make("input", { type: "file", multiple: schema.type === "array" }) : listed
    ? make("select", {}, make("option", { value: "" }, "—"), ...listed.map((each) => make("option", {}, String(each))))
    : make("input", { type: "text", autocomplete: "off", spellcheck: "false" });
  input.required = Boolean(parameter.required);
  input.dataset.name = parameter.name;
  input.dataset.place = parameter.in;
  input.dataset.many = schema.type === "array" ? "1" : "";
  if (parameter.in === "path") input.value = String(example(schema));
  const label = make("label", {}, make("code", {}, parameter.name), make("span", { class: "quiet" },
    ` ${parameter.in}${parameter.required ? "" : ", optional"}: ${words(schema)}`), input);
  if (parameter.description) label.append(make("span", { class: "quiet" }, parameter.description));
  return label;
}

function request(path, method, form) {
  const headers = {};
  const query = new URLSearchParams();
  const parts = [];
  let filled = path;
  for (const input of form.querySelectorAll("[data-name]")) {
    const { name, place, many } = input.dataset;
    if (input.type === "file") parts.push(...[...input.files].map((file) => [name, file]));
    if (input.type === "file" || (input.value === "" && place !== "path")) continue;
    const values = many ? input.value.split(",").map((each) => each.trim()) : [input.value];
    if (place === "path") filled = filled.replaceAll(`{${name}}`, encodeURIComponent(input.value));
    else if (place === "query") values.forEach((each) => query.append(name, each));
    else if (place === "form") values.forEach((each) => parts.push([name, each]));
    else if (place === "header") headers[name] = values.join(", ");
  }
  const authorization = byId("authorization").value.trim();
  if (authorization) headers.Authorization = authorization;
  const content = form.querySelector("textarea");
  const options = { method: method.toUpperCase(), headers, credentials: "same-origin" };
  if (content && content.value !== "") {
    options.body = content.value;
    headers["Content-Type"] = content.dataset.media;
  }
  const media = form.dataset.media;
  if (media) {
    options.body = media.startsWith("multipart") ? new FormData() : new URLSearchParams();
    parts.forEach(([name, each]) => options.body.append(name, each));
  }
  const url = new URL(document.body.dataset.root + filled.slice(1), location.href);
  url.search = query.toString();
  return { url, options };
}

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

function asCurl({ url, options }) {
  const headers = Object.entries(options.headers).map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`);
  const body = options.body instanceof FormData
    ? [...options.body].map(([name, each]) => `-F ${quoted(`${name}=${each.name ? `@${each.name}` : each}`)}`)
    : options.body === undefined ? [] : [`--data-binary ${quoted(String(options.body))}`];
  return ["curl", `-X ${options.method}`, ...headers, ...body, quoted(url.href)].join(" ");
}

async function send(path, method, form, answer) {
  const asked = request(path, method, form);
  const status = make("p", { role: "status" }, "Sending…");
  answer.replaceChildren(make("h3", {}, "Answer"), make("pre", {}, asCurl(asked)), status);
  const began = performance.now();
  try {
    const response = await fetch(asked.url, asked.options);
    const text = await response.text();
    status.className = response.ok ? "well" : "wrong";
    status.textContent = `${response.status} ${response.statusText} in ${Math.round(performance.now() - began)} ms`;
    const headers = [...response.headers].map(([name, value]) => `${name}: ${value}`).join("\n");
    answer.append(make("pre", { tabindex: "0", "aria-label": "Headers" }, headers),
      make("pre", { tabindex: "0", "aria-label": "Body", class: "body" }, pretty(text, response)));
  } catch (error) {
    status.className = "wrong";
    status.textContent = `No answer: ${error.message}`;
  }
}

function pretty(text, response) {
  if (!(response.headers.get("content-type") || "").includes("json")) return text;
  try { return JSON.stringify(JSON.parse(text), null, 2); } catch { return text; }
}

function bodyOf(content, form) {
  const entries = Object.entries(content.content || {});
  if (!entries.length) return [];
  const [media, { schema }] = entries[0];
  const isJson = media.endsWith("json");
  if (media.includes("form")) {
    const needed = new Set(schema.required || []);
    form.dataset.media = entries.map(([each]) => each).find((each) => each.startsWith("multipart")) || media;
    return [make("h3", {}, "Form"), make("div", { class: "fields" }, ...Object.entries(schema.properties || {}).map(
      ([name, each]) => field({ name, in: "form", required: needed.has(name), schema: each, description: each.description })))];
  }
  const area = make("textarea", { spellcheck: "false", "aria-label": "Body" });
  area.dataset.media = media;
  area.required = Boolean(content.required) && isJson;
  area.value = isJson ? JSON.stringify(example(schema), null, 2) : "";
  return [make("h3", {}, "Body"), make("p", { class: "quiet" }, content.description || media),
    isJson ? make("pre", { tabindex: "0", "aria-label": "Schema of the body" }, members(schema)) : "", area];
}

function answersOf(responses) {
  return Object.entries(responses).map(([status, said]) => {
    const each = resolved(said);
    const [media, content] = Object.entries(each.content || {})[0] || ["", {}];
    const shown = content.schema && !media.includes("problem") ? members(content.schema) : "";
    return make("div", {}, make("p", {}, make("code", {}, status), ` ${each.description} `,
      make("span", { class: "quiet" }, media)), shown ? make("pre", { tabindex: "0" }, shown) : "");
  });
}

function operation(path, method, said) {
  const form = make("form", { novalidate: false });
  const answer = make("div", { "aria-live": "polite", class: "answer" });
  const parameters = said.parameters || [];
  const sent = parameters.filter((each) => each.in !== "cookie");
  form.append(...(sent.length ? [make("h3", {}, "Parameters"), make("div", { class: "fields" }, ...sent.map(field))] : []),
    ...(said.requestBody ? bodyOf(said.requestBody, form) : []), make("button", { type: "submit" }, "Send"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(path, method, form, answer);
  });
  return make("details", { id: said.operationId },
    make("summary", {}, make("span", { class: "method" }, method.toUpperCase()), make("span", { class: "path" }, path),
      make("span", { class: "quiet" }, said.summary || "")),
    make("div", { class: "inside" }, said.description ? make("p", {}, said.description) : "", form, answer,
      make("h3", {}, "Answers"), ...answersOf(said.responses || {})));
}

function draw() {
  const groups = new Map((api.tags || []).map(({ name, description }) => [name, { description, operations: [] }]));
  for (const [path, item] of Object.entries(api.paths || {})) {
    for (const method of METHODS.filter((each) => each in item)) {
      const tag = (item[method].tags || [""])[0];
      if (!groups.has(tag)) groups.set(tag, { description: "", operations: [] });
      groups.get(tag).operations.push(operation(path, method, item[method]));
    }
  }
  byId("operations").replaceChildren(...[...groups].map(([name, { description, operations }]) => make("section", {},
    name ? make("h2", {}, name) : "", description ? make("p", { class: "quiet" }, description) : "", ...operations)));
}

function filter() {
  const wanted = byId("filter").value.toLowerCase();
  for (const section of document.querySelectorAll("section")) {
    let isShown = false;
    for (const each of section.querySelectorAll("details")) {
      each.hidden = !each.querySelector("summary").textContent.toLowerCase().includes(wanted);
      isShown ||= !each.hidden;
    }
    section.hidden = !isShown;
  }
}

function openLinked() {
  const linked = location.hash && byId(decodeURIComponent(location.hash.slice(1)));
  if (linked && "open" in linked) linked.open = true;
}

async function begin() {
  const about = byId("about");
  try {
    const response = await fetch(document.body.dataset.document);
    if (!response.ok) throw new Error(`${response.status} ${response.statusText}`);
    api = await response.json();
  } catch (error) {
    about.className = "wrong";
    about.textContent = `The document cannot be read: ${error.message}`;
    return;
  }
  document.title = api.info.title;
  byId("title").textContent = api.info.title;
  about.replaceChildren(`Version ${api.info.version}. `, make("a", { href: document.body.dataset.document }, "The document"),
    api.info.description ? make("p", {}, api.info.description) : "");
  draw();
  filter();
  byId("filter").addEventListener("input", filter);
  window.addEventListener("hashchange", openLinked);
  openLinked();
}

begin();
