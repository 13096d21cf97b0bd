# A page for marimo, on the paper exchange of this machine: marimo run notebooks/marimo_trading.py
# marimo has no IPython magic: the client, the frames and the panels are the same.
import marimo

app = marimo.App()


@app.cell
def _():
    import marimo as mo

    from jupyter_openapi import connect
    from jupyter_openapi.widgets import Blotter, OrderForm

    client = connect("sandbox")
    return Blotter, OrderForm, client, mo


@app.cell
def _(client):
    client.call("stock_positions").frame()[["symbol", "quantity", "cost_price", "currency"]]
    return


@app.cell
def _(OrderForm, client, mo):
    mo.ui.anywidget(OrderForm(client=client))
    return


@app.cell
def _(Blotter, client, mo):
    mo.ui.anywidget(Blotter(client=client))
    return


if __name__ == "__main__":
    app.run()
