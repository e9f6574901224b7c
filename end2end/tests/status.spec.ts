/** The status page follows what happens, with scripts and without. */
import { expect, test } from '../fixtures/paydesk';
import { CARDS, buy, checkOut, enterCard, payButton, status } from '../fixtures/shopper';

test('the status page turns to paid by itself', async ({ page, context, demo, look, javaScriptEnabled }) => {
  await buy(page, demo, CARDS.isReviewed);
  await expect(status(page, 'Payment being reviewed')).toBeVisible();
  await look('status-in-review');
  let loads = 0;
  page.on('domcontentloaded', () => (loads += 1));

  const reviewer = await context.newPage();
  await reviewer.goto(demo.sandbox);
  const release = reviewer.getByRole('button', { name: /^Release pay_/ });
  for (const waiting of [2, 1]) {
    await expect(release).toHaveCount(waiting);
    await release.first().click();
  }

  await expect(status(page, 'Paid')).toBeVisible();
  // By server-sent events where scripts run; where they do not, the page reloads itself.
  if (javaScriptEnabled !== false) expect(loads).toBe(0);
});

test('an answer that got lost is asked for, and charges once', { tag: '@once' }, async ({ page, context, demo }) => {
  await checkOut(page, demo, { 'Alp cheese, 500 g': 3 });
  await payButton(page).click();
  await enterCard(page, CARDS.losesTheAnswer);

  await expect(status(page, 'Paid')).toBeVisible({ timeout: 45_000 });

  const dashboard = await context.newPage();
  await dashboard.goto(demo.sandbox);
  const charges = dashboard.getByRole('row').filter({ hasText: '41.55 EUR' });
  await expect(charges).toHaveCount(1);
  await expect(charges).toContainText('captured');
});
