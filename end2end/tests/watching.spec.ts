/** Webhooks in and alerts: what processors sent, what it led to, and what somebody should look at. */
import { expect, test } from '../fixtures/paydesk';
import { CARDS, buy } from '../fixtures/shopper';
import { signIn } from '../fixtures/staff';

test('a webhook is found, shows what arrived, and is handled again by hand', async ({ page, demo, look }) => {
  await buy(page, demo, CARDS.pays, { 'Rope, 30 m': 1 });
  await signIn(page, demo.analyst);
  await page.getByRole('link', { name: 'Webhooks in' }).click();
  await expect(page.getByRole('heading', { name: 'Webhooks in', exact: true })).toBeVisible();

  await page.getByLabel('State').selectOption({ label: 'Handled' });
  await page.getByRole('button', { name: 'Search' }).click();
  await expect(page).toHaveURL(/state=handled/);
  await look('webhooks-in');
  await page.getByRole('row').nth(1).getByRole('link').first().click();

  await expect(page.getByRole('heading', { name: 'What it led to' })).toBeVisible();
  await expect(page.getByRole('heading', { name: 'Body' })).toBeVisible();
  await look('webhook-in');

  await page.getByRole('button', { name: 'Replay' }).click();
  await expect(page.getByText('It will be handled again at once.')).toBeVisible();
});

test('the list of alerts is narrowed by its address', async ({ page, demo, look }) => {
  await signIn(page, demo.analyst);
  await page.getByRole('link', { name: 'Alerts', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'Alerts', exact: true })).toBeVisible();
  await look('alerts');

  await page.getByLabel('What is the matter').selectOption({ label: 'Processor not called' });
  await page.getByLabel('State').selectOption({ label: 'Resolved' });
  await page.getByRole('button', { name: 'Show' }).click();
  await expect(page).toHaveURL(/kind=circuit_opened.*state=resolved/);
  await expect(page.getByText('No alert fits this filter')).toBeVisible();
});

test('an alert or a webhook that is not there is said on a page of our own', async ({ page, demo }) => {
  await signIn(page, demo.analyst);

  for (const path of ['alerts/alr_01jd0000000000000000000000', 'webhooks/inb_01jd0000000000000000000000']) {
    const answer = await page.goto(`/console/${path}`);

    expect(answer?.status(), path).toBe(404);
    await expect(page.getByRole('heading', { name: 'We could not find that' })).toBeVisible();
  }
});
