// The order form in a panel of its own.

import { Channel } from "./channel.js";
import { OrderTicket } from "./order_ticket.js";
import { mount } from "./parts.js";

class OrderForm {
  /** @param {Model} model */
  constructor(model) {
    this.channel = new Channel(model, {
      view: (view) => this.ticket.update(view),
      silent: (asked) => this.ticket.onSilent(asked),
    });
    this.ticket = new OrderTicket(this.channel, model.get("_setup"));
    this.root = this.ticket.root;
    this.channel.send("hello");
  }

  close() {
    this.ticket.close();
    this.channel.close();
  }
}

export default mount(OrderForm);
