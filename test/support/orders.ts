import type { Rule } from '#src/authorize/rule.ts';

/** The same rule for every method of the order service. */
export function ordersOf<R extends Rule>(
  rule: R,
): Readonly<
  Record<
    'getOrder' | 'listOrders' | 'uploadOrders' | 'quoteOrder' | 'approveOrder' | 'getCatalog',
    R
  >
> {
  return {
    getOrder: rule,
    listOrders: rule,
    uploadOrders: rule,
    quoteOrder: rule,
    approveOrder: rule,
    getCatalog: rule,
  };
}
