#include "drivers/screen/text_grid.hpp"

#include "lib/assert.hpp"

void text_grid::attach(screen_surface& surface, const grid_storage& storage) {
    const u32 room = static_cast<u32>(min_of(storage.grid.size(), storage.shown.size()));
    kassert(room > 0, "a text grid of {} cells", room);
    *this = {};
    surface_ = &surface;
    columns_ = min_of(max_of(surface.columns(), 1u), room);
    rows_ = min_of(max_of(surface.rows(), 1u), room / columns_);
    grid_ = storage.grid.first(columns_ * rows_);
    shown_ = storage.shown.first(columns_ * rows_);
    history_ = storage.history;
    history_capacity_ = static_cast<u32>(history_.size() / columns_);

    surface.clear();
    for (cell& c : grid_) c = blank_cell;
    for (cell& c : shown_) c = blank_cell;
}

u32 text_grid::index(cell_position p) const {
    kassert(p.column < columns_ && p.row < rows_, "cell {}, {} of {} x {}", p.column, p.row,
            columns_, rows_);
    return p.row * columns_ + p.column;
}

// -- changing the grid -------------------------------------------------------------

void text_grid::touch(extent rows) {
    if (rows.begin >= rows.end) return;
    if (view_ > 0) rows = {0, rows_};  // a row of the grid is seen further down
    if (dirty_.begin == dirty_.end) {
        dirty_ = rows;
    } else {
        dirty_ = {min_of(dirty_.begin, rows.begin), max_of(dirty_.end, rows.end)};
    }
}

void text_grid::put(cell_position p, cell what) {
    grid_[index(p)] = what;
    touch({p.row, p.row + 1});
}

void text_grid::fill(u32 row, extent columns, cell what) {
    if (row >= rows_) return;
    columns.end = min_of(columns.end, columns_);
    const std::span<cell> line = row_of(row);
    for (u32 column = columns.begin; column < columns.end; ++column) line[column] = what;
    touch({row, row + 1});
}

void text_grid::fill_rows(extent rows, cell what) {
    for (u32 row = rows.begin; row < min_of(rows.end, rows_); ++row)
        fill(row, {0, columns_}, what);
}

void text_grid::scroll_up(extent rows, u32 lines, cell blank) {
    rows.end = min_of(rows.end, rows_);
    if (rows.begin >= rows.end) return;
    lines = min_of(lines, rows.end - rows.begin);
    if (rows.begin == 0)
        for (u32 row = 0; row < lines; ++row) remember(row);

    cell* to = &grid_[rows.begin * columns_];
    const cell* from = to + lines * columns_;
    for (u32 left = (rows.end - rows.begin - lines) * columns_; left > 0; --left)
        *to++ = *from++;
    fill_rows({rows.end - lines, rows.end}, blank);
    touch(rows);
}

void text_grid::scroll_down(extent rows, u32 lines, cell blank) {
    rows.end = min_of(rows.end, rows_);
    if (rows.begin >= rows.end) return;
    lines = min_of(lines, rows.end - rows.begin);

    const u32 first = rows.begin * columns_;
    const u32 distance = lines * columns_;
    for (u32 i = rows.end * columns_; i > first + distance; --i)
        grid_[i - 1] = grid_[i - 1 - distance];
    fill_rows({rows.begin, rows.begin + lines}, blank);
    touch(rows);
}

void text_grid::insert_cells(cell_position p, u32 count, cell blank) {
    static_cast<void>(index(p));
    const std::span<cell> line = row_of(p.row);
    count = min_of(count, columns_ - p.column);
    for (u32 column = columns_; column > p.column + count; --column)
        line[column - 1] = line[column - 1 - count];
    fill(p.row, {p.column, p.column + count}, blank);
}

void text_grid::remove_cells(cell_position p, u32 count, cell blank) {
    static_cast<void>(index(p));
    const std::span<cell> line = row_of(p.row);
    count = min_of(count, columns_ - p.column);
    for (u32 column = p.column; column + count < columns_; ++column)
        line[column] = line[column + count];
    fill(p.row, {columns_ - count, columns_}, blank);
}

// -- the past ------------------------------------------------------------------------

// The newest line has age 1.
std::span<cell> text_grid::history_line(u32 age) const {
    const u32 line = (history_next_ + history_capacity_ - age) % history_capacity_;
    return history_.subspan(line * columns_, columns_);
}

void text_grid::remember(u32 row) {
    if (history_capacity_ == 0) return;
    const cell* from = &grid_[row * columns_];
    for (cell& c : history_.subspan(history_next_ * columns_, columns_)) c = *from++;
    history_next_ = (history_next_ + 1) % history_capacity_;
    history_count_ = min_of(history_count_ + 1, history_capacity_);
}

void text_grid::forget_history() {
    show_present();
    history_count_ = 0;
}

void text_grid::move_view(int lines) {
    const u32 before = view_;
    if (lines > 0) {
        view_ += min_of(static_cast<u32>(lines), history_count_ - view_);
    } else {
        view_ -= min_of(0u - static_cast<u32>(lines), view_);
    }
    if (view_ != before) touch_all();
}

void text_grid::show_present() {
    if (view_ == 0) return;
    view_ = 0;
    touch_all();
}

const cell* text_grid::visible_row(u32 row) const {
    if (row < view_) return history_line(view_ - row).data();
    return &grid_[(row - view_) * columns_];
}

cell text_grid::visible(cell_position p) const {
    static_cast<void>(index(p));
    return visible_row(p.row)[p.column];
}

// -- onto the surface ------------------------------------------------------------------

void text_grid::update_cursor(cell_position cursor, bool visible) {
    if (cursor_shown_ && (!visible || cursor != cursor_)) {
        surface_->hide_cursor(cursor_, shown_[index(cursor_)]);
        cursor_shown_ = false;
    }
    if (visible && !cursor_shown_) {
        surface_->show_cursor(cursor, shown_[index(cursor)]);
        cursor_shown_ = true;
        cursor_ = cursor;
    }
}

void text_grid::flush(cell_position cursor, bool cursor_visible) {
    const bool visible = cursor_visible && view_ == 0;
    // Out of the way first: what is drawn below may be drawn over it.
    if (!visible) update_cursor(cursor, false);

    bool drawn_over = false;
    for (u32 row = dirty_.begin; row < dirty_.end; ++row) {
        const cell* wanted = visible_row(row);
        cell* shown = &shown_[row * columns_];
        for (u32 column = 0; column < columns_; ++column) {
            if (shown[column] == wanted[column]) continue;
            shown[column] = wanted[column];
            surface_->draw({column, row}, wanted[column]);
            drawn_over |= cell_position{column, row} == cursor_;
        }
    }
    dirty_ = {};

    // A cursor that moves away is hidden by the surface, even when drawn over: a
    // hardware cursor would otherwise stay. One that stays is shown again.
    if (drawn_over && cursor == cursor_) cursor_shown_ = false;
    if (visible) update_cursor(cursor, true);
}

void text_grid::redraw(cell_position cursor, bool cursor_visible) {
    surface_->clear();
    for (cell& c : shown_) c = blank_cell;
    cursor_shown_ = false;
    touch_all();
    flush(cursor, cursor_visible);
}

void text_grid::check_invariants() const {
    kassert(grid_.size() == columns_ * rows_ && shown_.size() == grid_.size(),
            "I4: {} x {} cells in storage of {} and {}", columns_, rows_, grid_.size(),
            shown_.size());
    kassert(history_capacity_ * columns_ <= history_.size(),
            "I4: {} lines of history in {}", history_capacity_, history_.size());
    kassert(history_count_ <= history_capacity_, "I4: {} of {} lines of history",
            history_count_, history_capacity_);
    kassert(view_ <= history_count_, "I3: the view is {} lines up of {}", view_,
            history_count_);
    kassert(view_ == 0 || !cursor_shown_, "I3: a cursor in a view {} lines up", view_);
    kassert(dirty_.begin <= dirty_.end && dirty_.end <= rows_, "I2: rows {} to {} of {}",
            dirty_.begin, dirty_.end, rows_);
    for (u32 row = 0; row < rows_; ++row) {
        if (dirty_.begin <= row && row < dirty_.end) continue;
        for (u32 column = 0; column < columns_; ++column)
            kassert(shown_[row * columns_ + column] == visible_row(row)[column],
                    "I2: cell {}, {} is not shown as it is", column, row);
    }
}
