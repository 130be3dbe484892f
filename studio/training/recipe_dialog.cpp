#include "studio/training/recipe_dialog.h"

#include <QCoreApplication>
#include <QDir>
#include <QFileDialog>

namespace mien {

QFileDialog *saveRecipeDialog(QWidget *parent, const QString &name)
{
    auto *dialog = new QFileDialog(parent, QCoreApplication::translate("RecipeDialog", "Save the recipe"),
                                   QDir::homePath(), QCoreApplication::translate("RecipeDialog", "Recipes (*.json)"));
    dialog->setObjectName(QStringLiteral("saveRecipeDialog"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setDefaultSuffix(QStringLiteral("json"));
    dialog->selectFile(name + QStringLiteral(".json"));
    return dialog;
}

} // namespace mien
