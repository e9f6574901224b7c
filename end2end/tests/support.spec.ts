/** Support: a shopper reads a code out, and staff see why the payment failed and whose turn it is. */
import { expect, test } from '../fixtures/paydesk';
import { CARDS, TWO_SELLERS, buy, status } from '../fixtures/shopper';
import { signIn } from '../fixtures/staff';

test('the code that a shopper reads out opens why the payment failed', async ({ page, demo, look }) => {
  test.setTimeout(90_000);
  await buy(page, demo, CARDS.isDeclined, TWO_SELLERS);
  await expect(status(page, 'Payment declined')).toBeVisible();
  const code = (await page.getByText(/^[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{3}$/).textContent()) ?? '';

  await signIn(page, demo.analyst);
  await page.getByRole('link', { name: 'Why?', exact: true }).click();
  await look('why-empty');
  await page.getByLabel('Payment', { exact: true }).fill(code.toLowerCase());
  await page.keyboard.press('Enter');
  await expect(page.getByText('Several payments are meant')).toBeVisible();
  await look('why-several');
  await page.getByRole('table').getByRole('link').first().click();

  await expect(page.getByRole('heading', { name: /declined it: the bank gives no reason\. The shopper can try again\./ })).toBeVisible();
  await expect(page.getByText('The shopper’s turn')).toBeVisible();
  await expect(page.getByText(code)).toBeVisible();
  await look('why-declined');
});

test('a code that was misheard finds nothing and says what to do', async ({ page, demo }) => {
  await signIn(page, demo.analyst);

  await page.goto('/console/why?q=AAAA-AAAA-AAB');

  await expect(page.getByText('Nothing is called so')).toBeVisible();
  await expect(page.getByLabel('Payment', { exact: true })).toHaveValue('AAAA-AAAA-AAB');
});
