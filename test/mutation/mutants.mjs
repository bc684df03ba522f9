// Finds the places in compiled code where one refusal, or one part of one, can be taken out.
import { parse } from 'acorn';

/**
 * @typedef {object} Mutant
 * @property {string} kind What was done.
 * @property {number} line Line in the compiled file, from 1.
 * @property {string} text The code that was changed, on one line.
 * @property {string} code The whole file, changed.
 */

const BOUNDARY = { '<': '<=', '<=': '<', '>': '>=', '>=': '>' };

/** @returns {Generator<{node: any, parents: any[]}>} */
function* walk(node, parents = []) {
  yield { node, parents };
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (typeof child?.type === 'string') yield* walk(child, [node, ...parents]);
    }
  }
}

const hasKey = (object, name) =>
  object.type === 'ObjectExpression' && object.properties.some((p) => p.key?.name === name);

/** Whether an item of an array is a rule: an object that asks something, or a name on a list of names. */
function isRule(item, parents) {
  if (item === null) return false;
  if (hasKey(item, 'violates')) return true;
  return item.type === 'Literal' && typeof item.value === 'string' && !parents.some(isFunction);
}

const isFunction = (node) => /Function/.test(node.type);

function* operandsOf(node, operator) {
  if (node.type !== 'LogicalExpression' || node.operator !== operator) yield node;
  else {
    yield* operandsOf(node.left, operator);
    yield* operandsOf(node.right, operator);
  }
}

/** What can be done to a node: kind, range and replacement. */
function* changesOf({ node, parents }, source, statements) {
  const slice = (part) => source.slice(part.start, part.end);
  switch (node.type) {
    case 'ExpressionStatement':
      // A call of the parent's constructor cannot be left out; nobody forgets it.
      if (statements && node.expression.callee?.type !== 'Super') {
        yield { kind: 'statement removed', at: node, with: ';' };
      }
      break;
    case 'IfStatement':
      yield { kind: 'condition never true', at: node.test, with: 'false' };
      break;
    case 'LogicalExpression': {
      // A chain is taken as a whole, at its outermost link, and loses one operand at a time.
      const continued = parents[0]?.type === node.type && parents[0].operator === node.operator;
      if (node.operator === '??' || continued) break;
      const operands = [...operandsOf(node, node.operator)];
      for (const dropped of operands) {
        const rest = operands.filter((operand) => operand !== dropped).map(slice);
        const text = `(${rest.join(` ${node.operator} `)})`;
        yield { kind: `${node.operator} operand dropped`, at: node, shown: dropped, with: text };
      }
      break;
    }
    case 'BinaryExpression':
      if (node.operator in BOUNDARY) {
        const text = `${slice(node.left)} ${BOUNDARY[node.operator]} ${slice(node.right)}`;
        yield { kind: 'boundary moved', at: node, with: text };
      }
      break;
    case 'ArrayExpression':
      for (const [i, item] of node.elements.entries()) {
        if (!isRule(item, parents)) continue;
        const next = node.elements[i + 1];
        const end = next?.start ?? node.end - 1;
        yield { kind: 'item removed', at: { start: item.start, end }, with: '' };
      }
      break;
    default:
  }
}

/**
 * Lists the mutants of a compiled file.
 *
 * @param {string} source
 * @param {boolean} statements Whether statements are removed too: where what is done matters as much as what is asked.
 * @returns {Mutant[]}
 */
export function mutantsOf(source, statements = false) {
  const tree = parse(source, { ecmaVersion: 2024, sourceType: 'module', locations: false });
  const mutants = [];
  for (const place of walk(tree)) {
    for (const change of changesOf(place, source, statements)) {
      const { start, end } = change.at;
      const { shown = change.at } = change;
      mutants.push({
        kind: change.kind,
        line: source.slice(0, start).split('\n').length,
        text: source.slice(shown.start, shown.end).replace(/\s+/g, ' ').trim(),
        code: source.slice(0, start) + change.with + source.slice(end),
      });
    }
  }
  return mutants;
}
