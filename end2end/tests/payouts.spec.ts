/** How a seller is paid: delivered, released, made by one person, approved by another, paid. */
import { expect, test } from '../fixtures/paydesk';
import { CARDS, buy, status } from '../fixtures/shopper';
import { fact, signIn } from '../fixtures/staff';

test.use({ needsFreshDemo: true });

test('a seller is paid once a second person has approved it', async ({ page, demo, look }) => {
  test.setTimeout(150_000);
  await buy(page, demo, CARDS.pays, { 'Trail atlas': 1 });
  await expect(status(page, 'Paid')).toBeVisible();
  await page.getByRole('link', { name: 'Return to Alpine Market' }).click();
  await page.getByRole('button', { name: 'Delivered: alpine-books' }).click();
  await expect(page.getByText(/delivered on \d{4}-\d\d-\d\d/)).toBeVisible();

  await signIn(page, demo.analyst);
  await page.goto('/console/sellers');
  await look('sellers');
  await page.getByRole('link', { name: 'Alpine Books' }).first().click();
  const seller = page.url();
  await page.getByLabel('Amount').fill('20.00');
  await page.getByLabel('Currency').selectOption('EUR');
  await page.getByRole('button', { name: 'Preview what it does' }).click();
  await expect(fact(page, 'To be paid')).toHaveText(/20\.00\s*EUR/);
  await look('seller');
  await page.getByRole('button', { name: 'Make the pay-out' }).click();

  await expect(fact(page, 'State')).toHaveText('Draft');
  await look('payout-draft');
  const payout = page.url();
  await page.getByRole('button', { name: 'Sign out' }).click();

  await signIn(page, demo.approver);
  await page.goto('/console/payouts');
  await look('payouts');
  await page.goto(payout);
  await page.getByRole('button', { name: 'Approve' }).click();
  await expect(async () => {
    await page.goto(payout);
    await expect(fact(page, 'State')).toHaveText('Paid', { timeout: 1_000 });
  }).toPass({ timeout: 60_000 });
  await look('payout-paid');

  // What the provider sent about it stands among the webhooks, and asking again is harmless.
  await page.goto(`/console/webhooks?q=${/pyo_\w+/.exec(payout)?.[0]}`);
  await page.getByRole('table', { name: 'Webhooks in' }).getByRole('link').first().click();
  await expect(fact(page, 'Pay-out')).toHaveText(/pyo_/);
  await page.getByRole('button', { name: 'Replay' }).click();
  await expect(page.getByText('It will be handled again at once.')).toBeVisible();
  await look('webhook-of-payout');

  await page.goto(seller);
  await page.getByRole('table', { name: 'Wallet' }).getByRole('link').first().click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Seller available');
  await look('statement');
});
