// Holds Kubernetes objects against the published API, without a cluster.
//
//   node kubernetes_schemas.mjs CLIENT_MODELS VALIDATORS < objects.json
//
// CLIENT_MODELS: folder of the classes in @kubernetes/client-node, which name every field of the
// API and its type; they find fields that do not exist. VALIDATORS: folder of the functions in
// kubernetes-models, made from the API's schemas; they find values of a wrong type or form and
// fields that are missing. Prints a JSON list of texts, one a fault.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [models, validators] = process.argv.slice(2);
const PLAIN = { string: "string", number: "number", boolean: "boolean" };

async function load(folder, name) {
  return import(pathToFileURL(join(folder, `${name}.js`)).href);
}

// apps/v1 Deployment → V1Deployment, and IoK8sApiAppsV1Deployment.
function namesOf({ apiVersion, kind }) {
  const [group, version] = apiVersion.includes("/") ? apiVersion.split("/") : ["core", apiVersion];
  const capital = (text) => text[0].toUpperCase() + text.slice(1);
  const area = capital(group.replace(/\..*/, ""));
  return [capital(version) + kind, `IoK8sApi${area}${capital(version)}${kind}`];
}

async function fieldFaults(value, type, path) {
  if (value === null || type === "any" || type === "Date" || type === "IntOrString") return [];
  if (type in PLAIN) return typeof value === PLAIN[type] ? [] : [`${path}: is not a ${type}`];
  const list = /^Array<(.*)>$/.exec(type);
  if (list) return listFaults(value, list[1], path);
  if (typeof value !== "object" || Array.isArray(value)) return [`${path}: is not an object`];
  const map = /^\{ \[key: string\]: (.*?);? \}$/.exec(type);
  if (map) return entryFaults(value, () => map[1], path);
  const fields = (await load(models, type))[type].getAttributeTypeMap();
  return entryFaults(value, (key) => fields.find((field) => field.baseName === key)?.type, path);
}

async function listFaults(value, type, path) {
  if (!Array.isArray(value)) return [`${path}: is not a list`];
  const found = await Promise.all(value.map((item, i) => fieldFaults(item, type, `${path}/${i}`)));
  return found.flat();
}

async function entryFaults(value, typeOf, path) {
  const found = await Promise.all(Object.entries(value).map(([key, item]) => {
    const type = typeOf(key);
    return type ? fieldFaults(item, type, `${path}/${key}`) : [`${path}/${key}: no such field`];
  }));
  return found.flat();
}

async function faultsOf(object) {
  const [model, schema] = namesOf(object);
  const name = `${object.kind} ${object.metadata?.name}`;
  try {
    const unknown = await fieldFaults(object, model, "");
    const { validate } = await load(validators, schema);
    const wrong = validate(object) ? [] : validate.errors.map(
      (error) => `${error.instancePath}: ${error.keyword} ${JSON.stringify(error.params)}`);
    return [...unknown, ...wrong].map((fault) => `${name} ${fault}`);
  } catch (error) {
    return [`${name}: ${error.message}`];
  }
}

const objects = JSON.parse(readFileSync(0, "utf8"));
console.log(JSON.stringify((await Promise.all(objects.map(faultsOf))).flat()));
