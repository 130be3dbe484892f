#pragma once

class QFileDialog;
class QString;
class QWidget;

namespace mien {

/// Asks where a recipe is to be saved; the caller takes its fileSelected() and opens it. Deletes itself.
QFileDialog *saveRecipeDialog(QWidget *parent, const QString &name);

} // namespace mien
