/** Files of banks: refused with a place, read once, and what they said is shown. */
import { expect, test } from '../fixtures/paydesk';
import { signIn } from '../fixtures/staff';

const STATEMENT =
  '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><Stmt>' +
  '<Acct><Id><IBAN>NL91ABNA0417164300</IBAN></Id></Acct><Ntry><Amt Ccy="EUR">57.00</Amt>' +
  '<CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><NtryDtls><TxDtls><Refs>' +
  '<EndToEndId>RENT-NOVEMBER</EndToEndId></Refs></TxDtls></NtryDtls></Ntry></Stmt>' +
  '</BkToCstmrStmt></Document>';

test('a file of a bank is read once, and its page says what it said', async ({ page, demo, look }) => {
  await signIn(page, demo.analyst);
  await page.goto('/console/payouts');
  await page.getByRole('link', { name: 'Bank files' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Bank files' })).toBeVisible();
  await expect(page.getByText('No account pays by bank file.')).toBeVisible();

  // The statement is told apart by its name, so that the journey can run twice on one demo.
  const own = STATEMENT.replace('RENT-NOVEMBER', `RENT-${Date.now()}`);
  const bring = async (name: string, text: string) => {
    await page.goto('/console/bank-files');
    const file = { name, mimeType: 'text/xml', buffer: Buffer.from(text) };
    await page.getByLabel('File of the bank', { exact: true }).setInputFiles(file);
    await page.getByRole('button', { name: 'Read it' }).click();
  };
  await bring('cut.xml', own.slice(0, own.indexOf('<CdtDbtInd>')));
  await expect(page.getByText('The file was cut off.')).toBeVisible();
  await expect(page.getByText(/It was noticed in line 1, column \d+/)).toBeVisible();
  await look('bank-files-refused');

  await bring('statement.xml', own);
  await expect(page.getByRole('heading', { level: 1, name: 'statement.xml' })).toBeVisible();
  await expect(page.getByRole('heading', { name: 'Not about our pay-outs: 1' })).toBeVisible();
  await look('bank-report');

  await bring('statement.xml', own);
  await expect(page.getByText('This very file was read before.')).toBeVisible();
  await page.getByRole('navigation', { name: 'Up' }).getByRole('link', { name: 'Bank files' }).click();
  await expect(page.getByRole('link', { name: 'statement.xml' }).first()).toBeVisible();
  await look('bank-files');
});
